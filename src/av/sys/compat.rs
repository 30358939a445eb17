//! What differs between the FFmpeg versions that weir is built against: here what the command does by its version, in the
//! modules below what the libraries have.

mod colours;
mod frames;
mod graphs;
mod side_data;
mod stream_groups;
mod streams;
mod supported;

pub(crate) use self::colours::{colour_arguments, colour_constraints, frame_colours, sink_colours, stream_colours};
pub(crate) use self::frames::{
    callbacks_are_thread_safe, describe_to_encoder, frame_duration, frame_interlacing, frame_is_key,
    keep_frame_lengths, set_frame_duration, set_frame_top_field_first,
};
pub(crate) use self::graphs::{link_colours, link_pool, parse_graph};
pub(crate) use self::side_data::{
    CONTAINER_CROPPING, add_stream_side_data, coded_side_data, copy_stream_side_data, notes_source_side_data,
    stream_side_data, take_encoded,
};
pub(crate) use self::stream_groups::{
    STREAM_GROUP_KINDS, frame_length, is_asked_for_one_frame_length, wants_frames_of_one_size,
};
pub(crate) use self::streams::{begins_anywhere, choose_copied_time_base, muxed_end, parser_of};
pub(crate) use self::supported::{CAPABILITIES, supported};
pub(crate) use super::formats::{layout_name, pixel_format, sample_format};

/// The release of FFmpeg that is linked, by its first number.
pub const fn release() -> u32 {
    if cfg!(ffmpeg_9_0) {
        9
    } else if cfg!(ffmpeg_8_0) {
        8
    } else if cfg!(ffmpeg_7_0) {
        7
    } else if cfg!(ffmpeg_6_0) {
        6
    } else {
        5
    }
}

/// Frames bring their lengths with them all the way to the encoder, as in the command of FFmpeg 6.1 and later: the
/// frame-rate control takes a picture's own length, encoders give it on to their packets, and where sound jumps is
/// told from the frames instead of the packets.
pub const fn frames_have_lengths() -> bool {
    cfg!(ffmpeg_6_1)
}

/// `-force_key_frames` means the first picture that is not before a time, as in the command of FFmpeg 6 and later; before, a time was
/// brought to the encoder's nearest tick.
pub const fn forced_times_are_exact() -> bool {
    cfg!(ffmpeg_6_0)
}

/// `-force_key_frames source` gives the keyframe of a picture that was dropped to the next one, and that of a repeated one to the first
/// of them, as in the command of FFmpeg 6.1 and later; before, `source_no_drop` alone did, and the first of those made of one picture was
/// one.
pub const fn source_keyframes_outlast_drops() -> bool {
    cfg!(ffmpeg_6_1)
}

/// The first decoding time that a container does not tell is reckoned from when the packet is shown for streams that are decoded as
/// well, as in the command of FFmpeg 6.1 and later; before, for those alone that are only copied.
pub const fn decoded_streams_begin_when_shown() -> bool {
    cfg!(ffmpeg_6_1)
}

/// Encoded sound ends with `-t` by its own time, as in the command of FFmpeg 6 and later; before, by where the frame before it ended, so
/// the first frame after a hole always came.
pub const fn late_sound_is_cut() -> bool {
    cfg!(ffmpeg_6_0)
}

/// The first packet of a stream brings the stream's side data with it, as in the command before FFmpeg 6.1.
pub const fn first_packets_have_stream_side_data() -> bool {
    !cfg!(ffmpeg_6_1)
}

/// The start of an output is taken off a copied packet in the ticks of its own stream, as in the command of FFmpeg 7 and later;
/// before, in those of the output's.
pub const fn copies_begin_by_their_own_clock() -> bool {
    cfg!(ffmpeg_7_0)
}

/// An MPEG-TS begins with the streams that are used whatever `-ss`, `-itsoffset` and `-copyts` say besides, as in the command of FFmpeg 6
/// and later; before, only without them.
pub const fn used_streams_move_every_start() -> bool {
    cfg!(ffmpeg_6_0)
}

/// Vulkan's uploads read a picture's memory when the filter has already given the picture back, before FFmpeg 6.1: a decoder in
/// a thread of its own may then be writing the next picture there.
pub(crate) const fn uploads_read_late() -> bool {
    !cfg!(ffmpeg_6_1)
}

/// The encoder of ASS takes one rectangle at a time, a packet each, from FFmpeg 6.0 on; before, it put all in one packet.
pub(crate) const fn ass_takes_one_rectangle() -> bool {
    cfg!(ffmpeg_6_0)
}

/// What is shown with a delay: its packet has the time before the delay and lasts until it is taken away, as in the command of FFmpeg
/// 6.0 and later; before, it began when it was shown. DVB begins there in every one.
pub(crate) const fn delayed_subtitles_begin_early() -> bool {
    cfg!(ffmpeg_6_0)
}

/// Pictures in a device's memory may change their size on the way to an encoder, as in the command of FFmpeg 8 and later; before,
/// the filter that is to keep the size ends the job, since it does not work there.
pub const fn device_pictures_may_change_size() -> bool {
    cfg!(ffmpeg_8_0)
}

/// The pixel aspect ratio in the container is the one that the encoder could write, as in the command of FFmpeg 8 and later; before, it
/// was the filters'. (MPEG-4 keeps each side of it below 256.)
pub(crate) const fn containers_have_the_encoders_aspect() -> bool {
    cfg!(ffmpeg_8_0)
}

/// The tag `encoder` that names the encoder is the first of a stream's, which only `-metadata` changes, as in the command of FFmpeg 9;
/// before, it was the last, and one that `-map_metadata` had brought from another stream stayed.
pub const fn encoders_are_named_first() -> bool {
    cfg!(ffmpeg_9_0)
}

/// `-r` and `-fpsmax` mean a constant frame rate, as in the command of FFmpeg 6.1 and later.
pub(crate) const fn rate_means_constant() -> bool {
    cfg!(ffmpeg_6_1)
}

/// A limit to a stream of sound ends the other streams of its output, as in the command of FFmpeg 6.0 and later; before, one to
/// pictures alone did.
pub(crate) const fn sound_limits_outputs() -> bool {
    cfg!(ffmpeg_6_0)
}

/// A rate that the filtergraph does not know stays unknown unless a constant one is wanted, as in the command of
/// FFmpeg 7.0 and later; before, 25 a second were taken. Frames of a filter like `setpts`, which forgets rate and length,
/// then end where the next one begins, and the last one has no length.
pub const fn rates_may_stay_unknown() -> bool {
    cfg!(ffmpeg_7_0)
}

/// Times between filtergraphs of which one takes what the other gives stay what they are. The command of FFmpeg 7.1 and later,
/// which knows such links, rounds them to whole frames where their rate is known; what older libraries give is what a single
/// graph gives.
pub const fn linked_graphs_keep_times() -> bool {
    !cfg!(ffmpeg_7_1)
}

/// Such a filtergraph is told the rate of what the other one gives; the command of FFmpeg 7.1 forgets it.
pub const fn linked_graphs_tell_rates() -> bool {
    !cfg!(ffmpeg_7_1) || cfg!(ffmpeg_8_0)
}

/// `-top` and `-flags +ildct+ilme` make the fields of an encoder's pictures lie in one frame, as in the command of FFmpeg 7.1 and later;
/// before, `-top` made them follow each other, and the flags told nothing.
pub(crate) const fn options_tell_fields() -> bool {
    cfg!(ffmpeg_7_1)
}

/// The stream mapping counts the filtergraphs of single streams too, as in the command of FFmpeg 6.1 and earlier.
pub const fn counts_simple_graphs() -> bool {
    !cfg!(ffmpeg_7_0)
}

/// `-r` of a copied stream stands in the header, as in the command of FFmpeg 7.1 and later; before, the source's own rate.
pub(crate) const fn copied_rate_stands() -> bool {
    cfg!(ffmpeg_7_1)
}

/// What a codec's header cuts off its pictures is cut off exactly, and of pictures from a device in the system's memory, as in the
/// command of FFmpeg 7.1 and later; before, decoders did it, which leave some at the left where memory would not be aligned.
pub(crate) const fn crops_exactly() -> bool {
    cfg!(ffmpeg_7_1)
}
