//! Files that filters write or read of their own, such as the statistics of `psnr` and the logo of `movie`.

use super::filter_places::{Place, places};
use crate::catalog::Catalog;

/// Filters with the options that name a file which they write; FFmpeg's tables do not tell those from files to be read.
const WRITERS: [(&str, &str); 20] = [
    ("ametadata", "file"),
    ("curves", "plot"),
    ("deshake", "filename"),
    ("firequalizer", "dumpfile"),
    ("libvmaf", "log_path"),
    ("loudnorm", "stats_file"),
    ("metadata", "file"),
    ("paletteuse", "debug_kdtree"),
    ("psnr", "f"),
    ("psnr", "stats_file"),
    ("signature", "filename"),
    ("ssim", "f"),
    ("ssim", "stats_file"),
    ("ssim360", "f"),
    ("ssim360", "stats_file"),
    ("vidstabdetect", "result"),
    ("vmafmotion", "stats_file"),
    ("whisper", "destination"),
    ("xpsnr", "f"),
    ("xpsnr", "stats_file"),
];

/// Filters with the options that name a file which they read.
const READERS: [(&str, &str); 18] = [
    ("amovie", "filename"),
    ("asendcmd", "filename"),
    ("asendcmd", "f"),
    ("ass", "f"),
    ("ass", "filename"),
    ("curves", "psfile"),
    ("drawtext", "fontfile"),
    ("drawtext", "textfile"),
    ("lut1d", "file"),
    ("lut3d", "file"),
    ("movie", "filename"),
    ("removelogo", "f"),
    ("removelogo", "filename"),
    ("sendcmd", "f"),
    ("sendcmd", "filename"),
    ("subtitles", "f"),
    ("subtitles", "filename"),
    ("vidstabtransform", "input"),
];

/// The files that the filters of a graph write, as they are typed.
pub fn written_files(catalog: &dyn Catalog, graph: &str) -> Vec<String> {
    all_files(catalog, graph, &WRITERS)
}

/// The files that the filters of a graph read, as they are typed.
pub fn read_files(catalog: &dyn Catalog, graph: &str) -> Vec<String> {
    all_files(catalog, graph, &READERS)
}

fn all_files(catalog: &dyn Catalog, graph: &str, named_by: &[(&str, &str)]) -> Vec<String> {
    let of_place = |place| files((catalog, graph), &place, named_by).into_iter().map(|(_, file)| file);
    places(graph).into_iter().flat_map(of_place).collect()
}

/// The graph for who only looks at it. Many of these filters open their file as soon as they are made, so in this one all of
/// them write to nowhere.
pub(super) fn without_files(catalog: &dyn Catalog, graph: &str) -> String {
    let mut text = graph.to_owned();
    // From behind, so that the places before stay true.
    for place in places(graph).iter().rev() {
        for (option, _) in files((catalog, graph), place, &WRITERS) {
            // What is typed last holds.
            text.insert_str(place.arguments.end, &format!(":{option}={}", nowhere(&graph[place.name.clone()])));
        }
    }
    text
}

/// What a filter takes for the name of a file that keeps nothing.
fn nowhere(filter: &str) -> &'static str {
    match filter {
        // It has a file for each input and wants their number in the name, but opens none before its end.
        "signature" => "/dev/null%d",
        _ => "/dev/null",
    }
}

/// The options of a filter that name a file, by such a table, with the file.
fn files((catalog, graph): (&dyn Catalog, &str), place: &Place, named_by: &[(&str, &str)]) -> Vec<(String, String)> {
    let name = &graph[place.name.clone()];
    let options: Vec<&str> = named_by.iter().filter(|(filter, _)| *filter == name).map(|(_, option)| *option).collect();
    if options.is_empty() {
        return Vec::new();
    }
    let typed = catalog.filter_arguments(name, &graph[place.arguments.clone()]).unwrap_or_default();
    let files = typed.into_iter().filter(|argument| options.contains(&argument.name.as_str()));
    files.map(|argument| (argument.name, argument.value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::FakeCatalog;

    #[test]
    fn files_that_are_written_are_found_and_kept_away_from_who_only_looks() {
        for (graph, files, looked_at) in [
            ("[0:v][1:v]psnr=stats_file=a.log", vec!["a.log"], "[0:v][1:v]psnr=stats_file=a.log:stats_file=/dev/null"),
            ("[0:v][1:v]psnr=a.log[o]", vec!["a.log"], "[0:v][1:v]psnr=a.log:stats_file=/dev/null[o]"),
            (
                "psnr@me=f=b.log,scale=2:2,psnr=f=c.log",
                vec!["b.log", "c.log"],
                "psnr@me=f=b.log:f=/dev/null,scale=2:2,psnr=f=c.log:f=/dev/null",
            ),
            ("psnr", vec![], "psnr"),
            ("scale=2:2", vec![], "scale=2:2"),
        ] {
            assert_eq!(written_files(&FakeCatalog, graph), files, "{graph}");
            assert_eq!(without_files(&FakeCatalog, graph), looked_at);
        }
    }
}
