//! What is shown instead of running a job.

use super::Exit;
use crate::av::{hardware_kinds, library_log};
use crate::cli::Request;
use crate::report::help::{self, Extent};
use crate::report::{CalledAs, banner, data, level, listing, newcomer};

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
    match request {
        Request::Version => banner::version(called),
        Request::Buildconf => banner::build_configuration(),
        Request::License => banner::licence(),
        Request::HardwareKinds => {
            data(&format!("Supported hardware device types:\n{}\n\n", hardware_kinds().join("\n")));
        }
        Request::Help { topic: None } if called == CalledAs::Weir => newcomer::show(),
        Request::Help { topic } => return help(topic.as_deref().unwrap_or_default(), called),
        Request::Listing { name, topic } => {
            // Devices that are asked say much that is no business of the listing.
            library_log::set_level(level::WARNING.min(library_log::level()));
            data(&listing::listing(name, topic.as_deref()).unwrap_or_default());
        }
    }
    Exit::Done
}

/// Help on a topic. A component that is not there is told on stdout, with status 0, as ffmpeg does.
fn help(topic: &str, called: CalledAs) -> Exit {
    let extent = match topic {
        "long" => Extent::Long,
        "full" => Extent::Full,
        _ => Extent::Basic,
    };
    data(&match help::component(topic) {
        Some(Ok(text)) => text,
        Some(Err(sentence)) => format!("{sentence}\n"),
        None => help::options_of_the_command(called, extent),
    });
    Exit::Done
}
