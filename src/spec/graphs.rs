//! What is to be told of the job's graphs at the end (`-print_graphs` and its like).

/// Where the graphs of a run are told, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GraphsSpec {
    /// `-print_graphs`: on stderr.
    pub on_stderr: bool,
    /// `-print_graphs_file`: in this file; `-` is stdout.
    pub file: Option<String>,
    /// `-print_graphs_format`.
    pub format: GraphsFormat,
}

impl GraphsSpec {
    /// They are to be told somewhere.
    pub fn is_wanted(&self) -> bool {
        self.on_stderr || self.file.is_some()
    }
}

/// How graphs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GraphsFormat {
    /// ffprobe's `default`: `[SECTION]`, lines of `key=value`, `[/SECTION]`.
    Default,
    /// A line a section: `section|key=value|...`.
    Compact,
    /// A line a section: `section,value,...`.
    Csv,
    /// A line a value, with all sections around it before its key.
    Flat,
    /// An INI file.
    Ini,
    /// JSON, which is also what is written when nothing else is asked for.
    #[default]
    Json,
    /// XML.
    Xml,
    /// A flowchart in Mermaid's language.
    Mermaid,
    /// A page around such a flowchart.
    MermaidHtml,
}

impl GraphsFormat {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Default,
        Self::Compact,
        Self::Csv,
        Self::Flat,
        Self::Ini,
        Self::Json,
        Self::Xml,
        Self::Mermaid,
        Self::MermaidHtml,
    ];

    /// The name of it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Compact => "compact",
            Self::Csv => "csv",
            Self::Flat => "flat",
            Self::Ini => "ini",
            Self::Json => "json",
            Self::Xml => "xml",
            Self::Mermaid => "mermaid",
            Self::MermaidHtml => "mermaidhtml",
        }
    }

    /// The format of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}
