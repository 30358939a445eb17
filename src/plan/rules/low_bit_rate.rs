//! `-b:v 2000`: two thousand bits a second, where as many kilobits are meant.

use super::rival_rates;
use crate::diagnostic::{Diagnostic, mask_url};
use crate::facts::MediaKind;
use crate::plan::correction::Findings;
use crate::plan::place::OutputPlace;
use crate::plan::{Choice, Context, OutputDraft};
use crate::spec::AvOption;

/// Options whose values are bits, or bits a second.
const IN_BITS: [&str; 4] = ["b", "maxrate", "minrate", "bufsize"];

/// Fewer than these, and libavcodec says so itself; more, and they may be meant.
const DOUBTFUL: std::ops::RangeInclusive<u32> = 1_000..=20_000;

pub(super) fn apply(context: &Context, index: usize, draft: &mut OutputDraft, diagnostics: &mut Vec<Diagnostic>) {
    let spec = &context.spec.outputs[index];
    let place = OutputPlace::all(draft, &[]);
    let encoded = |stream: &usize| {
        let stream = &draft.streams[*stream];
        stream.kind == MediaKind::Video && !matches!(stream.choice, Choice::Copy)
    };
    let is_for_pictures = |option: &AvOption| {
        (0..draft.streams.len()).filter(encoded).any(|stream| place.names(&option.specifier, stream))
    };
    let outdone: Vec<&AvOption> = rival_rates::outdone(spec, draft).into_iter().map(|outdone| outdone.option).collect();
    let mut findings = Findings::default();
    for option in spec.options.iter().filter(|o| IN_BITS.contains(&o.name.as_str()) && !outdone.contains(o)) {
        if option.value.parse().is_ok_and(|bits: u32| DOUBTFUL.contains(&bits)) && is_for_pictures(option) {
            let (token, value) = (&option.origin.token, &option.value);
            let unit = if option.name == "bufsize" { "bits" } else { "bits a second" };
            let message =
                format!("{token} {value} on {}: that is {value} {unit}, next to nothing.", mask_url(&spec.url));
            let diagnostic = Diagnostic::warning("low-bit-rate", message)
                .ffmpeg_says("")
                .remedy(format!("Kilobits have a k behind them: {value}k."))
                .at(&option.origin);
            findings.mend(context.spec, diagnostic, value, Some(&format!("{value}k")));
        }
    }
    diagnostics.extend(findings.finish(context.spec));
}

#[cfg(test)]
mod tests {
    use crate::plan::testing;

    fn told(options: &str) -> Vec<String> {
        testing::told("low-bit-rate", &format!("-i in {options} out.mkv"))
    }

    #[test]
    fn kilobits_without_their_k_are_told_with_the_command_that_has_it() {
        let told = told("-c:v libx264 -b:v 2000 -maxrate 2500 -bufsize 5000");
        assert_eq!(told.len(), 3);
        assert!(told[0].contains("-b:v 2000 on out.mkv: that is 2000 bits a second, next to nothing."), "{told:?}");
        let corrected = "Type: weir -i in -c:v libx264 -b:v 2000k -maxrate 2500k -bufsize 5000k out.mkv";
        assert!(told[2].ends_with(corrected), "{told:?}");
    }

    #[test]
    fn what_may_be_meant_is_not() {
        for options in [
            "-b:v 2000k",
            "-b:v 500",
            "-b:v 25000",
            "-b:v 2M",
            "-b:a 8000",
            "-c:v copy -b:v 2000",
            "-vn -b 2000",
            "-c:v libx264 -crf 23 -b:v 2000",
        ] {
            assert!(told(options).is_empty(), "{options}: {:?}", told(options));
        }
    }
}
