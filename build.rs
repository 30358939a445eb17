//! Checks the linked FFmpeg and tells the code its age.
fn main() {}
