//! What is shown instead of running a job.

use super::Exit;
use crate::cli::Request;
use crate::report::{CalledAs, banner, level, newcomer, say};

/// True for what would stand twice, or in the way, below a banner.
pub(super) fn has_no_banner(request: &Request, called: CalledAs) -> bool {
    match request {
        Request::Version => true,
        Request::Help { topic } => topic.is_none() && called == CalledAs::Weir,
        _ => false,
    }
}

/// Shows it.
pub(super) fn answer(request: &Request, called: CalledAs) -> Exit {
    let lacking = match request {
        Request::Version => {
            banner::version(called);
            return Exit::Done;
        }
        Request::Help { topic: None } => {
            newcomer::show();
            return Exit::Done;
        }
        Request::Buildconf => {
            banner::build_configuration();
            return Exit::Done;
        }
        Request::License => {
            banner::licence();
            return Exit::Done;
        }
        Request::Help { topic: Some(topic) } => format!("-h {topic}"),
        Request::Listing(name) => format!("-{name}"),
    };
    say(
        level::ERROR,
        &format!("{lacking} is not there yet in this version; FFmpeg's own command has it: ffmpeg {lacking}"),
    );
    Exit::Failed
}
