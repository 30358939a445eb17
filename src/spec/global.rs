//! What the user asked of the whole run.

use super::{FpsMode, SeldomGlobal};
use crate::diagnostic::Origin;

/// Options of the whole run.
#[derive(Clone, Debug, PartialEq)]
pub struct GlobalSpec {
    /// The whole command line without the program's name, for corrected commands in messages.
    pub arguments: Vec<String>,
    /// A program wrote it for ffmpeg: what FFmpeg itself reads is left to it, and refused there.
    pub is_literal: bool,
    /// `-y`, `-n`.
    pub overwrite: Overwrite,
    /// `-hide_banner`.
    pub hide_banner: bool,
    /// `-loglevel`/`-v`, as typed; parsed by the log module.
    pub log_level: Option<String>,
    /// `-stats`/`-nostats`; `None`: when the log level is at least info.
    pub stats: Option<bool>,
    /// `-stats_period`, microseconds.
    pub stats_period_us: i64,
    /// `-progress URL`.
    pub progress: Option<String>,
    /// `-stdin`/`-nostdin`.
    pub stdin: bool,
    /// `-report`.
    pub report: bool,
    /// `-benchmark`.
    pub benchmark: bool,
    /// `-xerror`: stop at the first error.
    pub exit_on_error: bool,
    /// `-copyts`.
    pub copy_timestamps: bool,
    /// `-start_at_zero`.
    pub start_at_zero: bool,
    /// `-filter_threads`, passed to every simple filtergraph.
    pub filter_threads: Option<String>,
    /// `-filter_complex_threads`.
    pub filter_complex_threads: Option<String>,
    /// `-filter_complex`, `-lavfi` and `-filter_complex_script`, in order.
    pub complex_graphs: Vec<ComplexGraph>,
    /// `-vsync` (deprecated spelling of `-fps_mode`, for all outputs).
    pub vsync: Option<FpsMode>,
    /// `-dts_delta_threshold`, microseconds.
    pub dts_delta_threshold_us: i64,
    /// `-dts_error_threshold`, seconds.
    pub dts_error_threshold_s: i64,
    /// `-auto_conversion_filters`/`-noauto_conversion_filters`.
    pub auto_conversion_filters: bool,
    /// `-flv_guard on|off`.
    pub flv_guard: bool,
    /// `-strict_exit on|off`: status 69 on damaged input; `None`: on, unless called as `ffmpeg`.
    pub strict_exit: Option<bool>,
    /// `-allow_same_path`: a relay may write to the path that it reads from.
    pub allow_same_path: bool,
    /// `-events FILE|fd:N|-`.
    pub events: Option<String>,
    /// `-metrics ADDRESS:PORT`.
    pub metrics: Option<String>,
    /// `-weir_extras on|off`: lines that ffmpeg does not have.
    pub extras: bool,
    /// `--explain`.
    pub explain: Option<ExplainFormat>,
    /// What is typed seldom.
    pub seldom: SeldomGlobal,
}

impl Default for GlobalSpec {
    fn default() -> Self {
        Self {
            arguments: Vec::new(),
            is_literal: false,
            overwrite: Overwrite::Ask,
            hide_banner: false,
            log_level: None,
            stats: None,
            stats_period_us: 500_000,
            progress: None,
            stdin: true,
            report: false,
            benchmark: false,
            exit_on_error: false,
            copy_timestamps: false,
            start_at_zero: false,
            filter_threads: None,
            filter_complex_threads: None,
            complex_graphs: Vec::new(),
            vsync: None,
            dts_delta_threshold_us: 10_000_000,
            dts_error_threshold_s: 3600 * 30,
            auto_conversion_filters: true,
            flv_guard: true,
            strict_exit: None,
            allow_same_path: false,
            events: None,
            metrics: None,
            extras: true,
            explain: None,
            seldom: SeldomGlobal::default(),
        }
    }
}

impl GlobalSpec {
    /// What was typed behind an option; empty where nothing was.
    pub fn value_of(&self, option: &Origin) -> &str {
        self.arguments.get(option.arg + 1).map_or("", String::as_str)
    }
}

/// Whether an existing output may be overwritten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overwrite {
    /// Ask on the terminal, refuse without one.
    #[default]
    Ask,
    /// `-y`.
    Always,
    /// `-n`.
    Never,
}

/// How the plan is to be printed instead of carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExplainFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// A complex filtergraph.
#[derive(Clone, Debug, PartialEq)]
pub struct ComplexGraph {
    /// Its description, or the file that holds it.
    pub text: String,
    /// `text` is the name of a file.
    pub is_script: bool,
    /// Where it stands in the command line.
    pub origin: Origin,
}
