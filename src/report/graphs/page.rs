//! A page that shows a flowchart in a browser, which fetches Mermaid for it.

/// The page of a chart in Mermaid's language.
pub fn write(chart: &str) -> String {
    let chart = chart.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Graphs of the run</title>\n\
         <style>body {{ font-family: sans-serif; margin: 1em }} pre {{ overflow: auto }}</style>\n</head>\n<body>\n\
         <pre class=\"mermaid\">\n{chart}</pre>\n<script type=\"module\">\n\
         import mermaid from \"https://cdn.jsdelivr.net/npm/mermaid@11/dist/mermaid.esm.min.mjs\";\n\
         mermaid.initialize({{ startOnLoad: true, maxTextSize: 10000000, maxEdges: 100000, \
         flowchart: {{ useMaxWidth: false }} }});\n</script>\n</body>\n</html>\n"
    )
}
