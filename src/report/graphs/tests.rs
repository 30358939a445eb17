use super::*;
use crate::catalog::testing::FakeCatalog;
use crate::facts::{FilterFacts, GraphFacts, GraphPlace, InputFacts, LinkFacts, MediaKind, StreamFacts};
use crate::plan::{
    CopyPlan, DecodePlan, EncodePlan, InputPlan, InputStreamPlan, OutputPlan, OutputStreamPlan, Plan, StreamSource,
    Treatment,
};
use crate::unit::Rational;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Pictures that are scaled and encoded, and copied as well; the scaler stands between its ends.
fn job(description: &str) -> (Plan, Vec<InputFacts>, BTreeMap<GraphPlace, GraphFacts>) {
    let source = StreamSource::Input(0, 0);
    let encode = EncodePlan { encoder: "libx264".to_owned(), graph: description.to_owned(), ..EncodePlan::default() };
    let stream = |treatment| OutputStreamPlan::bare(MediaKind::Video, source, treatment);
    let streams = vec![stream(Treatment::Encode(Box::new(encode))), stream(Treatment::Copy(CopyPlan::default()))];
    let mut shared = streams[0].clone();
    shared.encoded_by = Some((0, 0));
    let output = |url: &str, streams| OutputPlan { url: url.to_owned(), streams, ..OutputPlan::default() };
    let decode = Some(DecodePlan { decoder: "h264".to_owned(), ..DecodePlan::default() });
    let input = InputStreamPlan { used: true, decode, ..InputStreamPlan::default() };
    let plan = Plan {
        inputs: vec![InputPlan { streams: vec![input], ..InputPlan::default() }],
        outputs: vec![output("a.mkv", streams), output("b.mkv", vec![shared])],
        ..Plan::default()
    };
    let mut facts = InputFacts { url: "in.mp4".to_owned(), format: "mov".to_owned(), ..InputFacts::default() };
    facts.streams.push(StreamFacts { codec: "h264".to_owned(), ..StreamFacts::of_kind(0, MediaKind::Video) });
    let link = |peer, width| LinkFacts {
        pad: "default".to_owned(),
        peer,
        peer_pad: "default".to_owned(),
        kind: MediaKind::Video,
        format: "yuv420p".to_owned(),
        width,
        height: width / 2,
        sample_aspect_ratio: Rational::new(1, 1),
        color_range: None,
        color_space: None,
        channel_layout: String::new(),
        channels: 0,
        sample_rate_hz: 0,
        time_base: Rational::new(1, 25),
        pool: None,
    };
    let filter = |name: &str, filter: &str, inputs, outputs| FilterFacts {
        name: name.to_owned(),
        filter: filter.to_owned(),
        inputs,
        outputs,
        ..FilterFacts::default()
    };
    let filters = vec![
        filter("Parsed_scale_0", "scale", vec![link(2, 64)], vec![link(3, 32)]),
        filter("in_0_0", "buffer", vec![], vec![link(2, 64)]),
        filter("trim_in_0_0", "trim", vec![link(1, 64)], vec![link(0, 64)]),
        filter("out_0_0", "buffersink", vec![link(0, 32)], vec![]),
    ];
    let graph = GraphFacts { filters, sources: vec![1], sinks: vec![3] };
    (plan, vec![facts], BTreeMap::from([(GraphPlace::Simple(0, 0), graph)]))
}

fn told(format: GraphsFormat, description: &str, configured: bool) -> String {
    let (plan, inputs, graphs) = job(description);
    let graphs = if configured { graphs } else { BTreeMap::new() };
    let long_name = |name: &str| Some(format!("long {name}"));
    let known = Known { plan: &plan, inputs: &inputs, graphs: &graphs, catalog: &FakeCatalog, long_name: &long_name };
    text(format, &known)
}

#[test]
fn filters_have_ffmpeg_s_ids_and_their_ends_lead_to_decoders_and_encoders() {
    let json: serde_json::Value =
        serde_json::from_str(&told(GraphsFormat::Json, "scale=32:16", true)).unwrap_or_default();
    let filters = &json["graphs"][0]["filters"];
    assert_eq!(filters[0]["filter_inputs"][0]["source_filter_id"], "G0_trim_in_0_0");
    assert_eq!(filters[0]["filter_outputs"][0]["dest_filter_id"], "out__0_0");
    assert_eq!(filters[1]["filter_outputs"][0]["filter_id"], "G0_graph__1_input_from_stream_0_0");
    assert_eq!(filters[2]["filter_inputs"][0]["source_filter_id"], "in_0_0");
    assert_eq!(filters[3]["filter_inputs"][0]["filter_id"], "G0_out__0_0");
    assert_eq!(
        (&json["encoders"][0]["dest_id"], &json["encoders"][1]["dest_id"]),
        (&"r_out__0_0".into(), &"r_out__1_0".into())
    );
    assert_eq!(json["encoders"][1]["id"], "out__0_0", "the shared encoder");
    assert_eq!(json["streamlinks"][0]["operation"], "Stream Copy");
    assert_eq!(
        (&json["outputfiles"][0]["index"], &json["outputfiles"][0]["file_extension"]),
        (&"1".into(), &"mkv".into())
    );
}

#[test]
fn a_chart_leads_from_inputs_to_outputs() {
    let chart = told(GraphsFormat::Mermaid, "scale=32:16", true);
    for line in [
        "        r_in_0_0[\"in.mp4<br/>#35;0:0 h264\"]:::video",
        "    r_in_0_0 --> in_0_0",
        "    in_0_0 -->|\"yuv420p 64x32\"| filter_0_2",
        "    filter_0_0 -->|\"yuv420p 32x16\"| out_0_0",
        "    out_0_0 --> r_out_0_0",
        "    out_0_0 --> r_out_1_0",
        "    r_in_0_0 -->|\"copy\"| r_out_0_1",
    ] {
        assert!(chart.lines().any(|found| found == line), "{line}: {chart}");
    }
    assert_eq!(chart.matches("libx264").count(), 1, "{chart}");
}

#[test]
fn a_graph_that_was_never_configured_is_told_as_far_as_it_is_known() {
    let flat = told(GraphsFormat::Flat, "scale=32:16", false);
    assert!(flat.contains("graphs.graph.0.graph_inputs.graph_input.0.media_type=\"video\"\n"), "{flat}");
    assert!(!flat.contains(".filters."), "{flat}");
    let chart = told(GraphsFormat::Mermaid, "scale=32:16", false);
    assert!(chart.contains("    in_0_0 --> unknown_0\n") && chart.contains("    unknown_0 --> out_0_0\n"), "{chart}");
}

proptest! {
    #[test]
    fn no_description_breaks_a_format(description in tree::testing::any_text()) {
        for format in GraphsFormat::ALL {
            let text = told(format, &description, true);
            prop_assert!(text.ends_with('\n'), "{format:?}");
            match format {
                GraphsFormat::Json => prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text),
                GraphsFormat::Mermaid => {
                    prop_assert_eq!(text.lines().count(), told(format, "null", true).lines().count(), "{}", text);
                }
                GraphsFormat::MermaidHtml => prop_assert_eq!(text.matches("</pre>").count(), 1),
                GraphsFormat::Compact | GraphsFormat::Flat => {
                    prop_assert_eq!(text.split('\n').count(), told(format, "null", true).split('\n').count());
                }
                _ => {}
            }
        }
    }
}
