//! Owned FFmpeg objects with safe methods. All `unsafe` and all that depends on FFmpeg's version is in `sys`.

mod sys;

pub use sys::bitstream::BitstreamFilter;
pub use sys::canvas::{Canvas, Subtitle, SubtitleDecoder};
pub use sys::catalog::LinkedCatalog;
pub use sys::channel_layout::ChannelLayout;
pub use sys::compat::{
    copies_begin_by_their_own_clock, counts_simple_graphs, decoded_streams_begin_when_shown,
    device_pictures_may_change_size, encoders_are_named_first, first_packets_have_stream_side_data,
    forced_times_are_exact, frames_have_lengths, late_sound_is_cut, linked_graphs_keep_times, linked_graphs_tell_rates,
    rates_may_stay_unknown, release, source_keyframes_outlast_drops, used_streams_move_every_start,
};
pub use sys::decoder::{DecodeStep, Decoder, DecoderSettings};
pub use sys::dictionary::Dictionary;
pub use sys::encoder::{EncodeStep, EncodedParameters, Encoder, EncoderSettings, encoder_mark};
pub use sys::error::AvError;
pub use sys::expression::Expression;
pub use sys::file::OutputFile;
pub use sys::formats::{colour_shifts, format_name};
pub use sys::frame::{Frame, FrameOrigin, FrameShape};
pub use sys::graph::{
    FilterGraph, GraphError, GraphInput, GraphOutput, GraphSettings, Margins, OutputConstraint, Pull,
};
pub use sys::hardware::{
    DecoderHardware, HardwareDevice, HardwareDevices, HardwareError, HardwareFrames, hardware_kinds,
};
pub use sys::input::{Demuxer, StreamParameters};
pub use sys::interrupt::{BlockedThread, Interrupt};
pub use sys::library::{initialize, library_lines, version_line};
pub use sys::listing;
pub use sys::log as library_log;
pub use sys::output::{ChapterCopy, GroupFault, Muxer, OutputStreamSettings, OwnFiles, is_disposition, packet_samples};
pub use sys::packet::{Packet, PictureStats};
pub use sys::parser::PictureParser;
pub use sys::process::end as end_process;
pub use sys::process::{
    LocalTime, LongTurns, ProcessTimes, limit_cpu_features, set_cpu_count, set_max_alloc, stdout_is_missing,
    time_of_day,
};
pub use sys::silence::silent_packet;
pub use sys::sockets::{Descriptors, Sockets};
pub use sys::subtitle::{SubtitleFault, SubtitleShape, SubtitleTranscoder};
