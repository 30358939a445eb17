//! The door: see `weir::app`.

use std::process::ExitCode;

fn main() -> ExitCode {
    weir::app::main(std::env::args_os())
}
