//! The door: see `weir::app`.

fn main() {
    weir::app::main(std::env::args_os())
}
