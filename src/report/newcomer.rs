//! What someone reads who does not know the program yet.

use super::{CalledAs, data, level, say};
use crate::av::release;

const SCREEN: &str = "\
weir: transcode, relay and restream with FFmpeg's libraries, by ffmpeg's own command line

  weir [global options] {[input options] -i INPUT}... {[output options] OUTPUT}...

Five commands to copy:

  Transcode a file (the output's name tells the format):
    weir -i in.mp4 -c:v libx264 -preset veryfast -crf 23 -c:a aac out.mp4
  Push a file as if it were a camera, for ever, at its own speed:
    weir -re -stream_loop -1 -i in.mp4 -c copy -f flv rtmp://localhost/live/cam1
  Relay a camera without touching its pictures:
    weir -i rtsp://user:password@camera/stream -c copy -f flv rtmp://localhost/live/cam2
  Ten seconds from the first minute on, at half the size:
    weir -ss 60 -i in.mp4 -t 10 -vf scale=iw/2:ih/2 -preset veryfast out.flv
  Show what would be done and why, and do nothing:
    weir --explain -i in.mp4 -c copy out.flv

Keys while it runs: q ends in good order, ? lists the others. Ctrl-C ends in good order too.
Exit status: 0 done, 1 failed, 69 done but the input was damaged, 255 stopped by a signal.

  weir man | man -l -        the manual, with every option
  weir completions bash      completions for bash, zsh or fish
  weir -version              versions of weir and of FFmpeg's libraries
ffmpeg's documentation holds too: https://ffmpeg.org/ffmpeg.html
";

/// The newcomer's screen, to stdout.
pub fn show() {
    data(SCREEN);
}

/// What the program is and how it is called, in two lines; ffmpeg's own when called so.
pub fn synopsis(called: CalledAs) -> String {
    let what = match called {
        CalledAs::Weir => "Transcodes, relays and restreams, by ffmpeg's own command line",
        CalledAs::Ffmpeg if release() >= 7 => "Universal media converter",
        CalledAs::Ffmpeg => "Hyper fast Audio and Video encoder",
    };
    let name = called.name();
    format!("{what}\nusage: {name} [options] [[infile options] -i infile]... {{[outfile options] outfile}}...\n")
}

/// What ffmpeg says to a command line without arguments, to stderr.
pub fn usage(called: CalledAs) {
    let name = called.name();
    say(level::INFO, &synopsis(called));
    say(level::WARNING, &format!("Use -h to get full help or, even better, run 'man {name}'"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_fits_a_screen() {
        assert!(SCREEN.lines().count() <= 32, "{}", SCREEN.lines().count());
        assert!(SCREEN.lines().all(|line| line.len() <= 100));
    }
}
