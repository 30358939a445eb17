//! The same command line, once by the system's ffmpeg and once by weir, gives the same packets.
//!
//! One row a command line. Every file that ffmpeg writes must be there, and be equal: in its bytes, or else (a
//! container may hold a random id) in each stream's packets (data, pts, dts, duration, flags), codec parameters and
//! metadata as ffprobe reads them back. What goes to stdout must be equal in its bytes. Where weir differs on purpose,
//! the row says why and how far.
//!
//! `PARITY=text cargo test --test parity` runs only the rows whose name or arguments hold that text.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::path::Path;
use std::time::Duration;

use common::{FileFacts, PacketFact, Run, assert_none, files, in_parallel, oracle_major, probe, run, weir, words};
use serde_json::Value;

struct Case {
    name: &'static str,
    args: &'static str,
    allow: Allow,
}

enum Allow {
    /// Nothing: the same in every packet.
    Nothing,
    /// The streams may end at most this many packets apart, because of the reason.
    Tail { packets: usize, because: &'static str },
    /// An ffmpeg of another age refuses the row, and then there is nothing to compare with.
    Refusal { ages: &'static str },
    /// From this major version of ffmpeg on there is nothing to compare with, because of the reason.
    Older { than_major: u32, because: &'static str },
}

const fn same(name: &'static str, args: &'static str) -> Case {
    Case { name, args, allow: Allow::Nothing }
}

const fn tail(name: &'static str, args: &'static str, packets: usize, because: &'static str) -> Case {
    Case { name, args, allow: Allow::Tail { packets, because } }
}

const fn not_in(ages: &'static str, name: &'static str, args: &'static str) -> Case {
    Case { name, args, allow: Allow::Refusal { ages } }
}

const fn older(than_major: u32, because: &'static str, name: &'static str, args: &'static str) -> Case {
    Case { name, args, allow: Allow::Older { than_major, because } }
}

const COPY: &[Case] = &[
    same("mp4 to mkv", "-i {av.mp4} -c copy out.mkv"),
    same("mp4 to mp4", "-i {av.mp4} -c copy out.mp4"),
    same("mp4 to flv", "-i {av.mp4} -c copy out.flv"),
    same("mp4 to ts", "-i {av.mp4} -c copy out.ts"),
    same("mp4 to mov", "-i {av.mp4} -c copy out.mov"),
    same("mp4 to nut", "-i {av.mp4} -c copy out.nut"),
    same("mp4 to mp4, index in front", "-i {av.mp4} -c copy -movflags +faststart out.mp4"),
    same("mp4 to fragments", "-i {av.mp4} -c copy -movflags frag_keyframe+empty_moov out.mp4"),
    same("mp4 without sound to flv", "-i {video.mp4} -c copy out.flv"),
    same("mp4 without sound to ts", "-i {video.mp4} -c copy out.ts"),
    same("mkv to mp4", "-i {av.mkv} -c copy -sn out.mp4"),
    same("mkv to mkv with subtitles", "-i {av.mkv} -map 0 -c copy out.mkv"),
    same("mkv to ts", "-i {av.mkv} -c copy -sn out.ts"),
    same("ts to mp4", "-i {av.ts} -c copy out.mp4"),
    same("ts to mkv", "-i {av.ts} -c copy out.mkv"),
    same("ts to ts", "-i {av.ts} -c copy out.ts"),
    same("ts to flv", "-i {av.ts} -c copy out.flv"),
    same("ts with mp2 to mkv", "-i {mp2.ts} -c copy out.mkv"),
    same("flv to mp4", "-i {av.flv} -c copy out.mp4"),
    same("flv to ts", "-i {av.flv} -c copy out.ts"),
    same("flv to flv", "-i {av.flv} -c copy out.flv"),
    same("flv to flv without metadata", "-i {av.flv} -c copy -flvflags no_metadata out.flv"),
    same("avi to mkv", "-i {mpeg4.avi} -c copy out.mkv"),
    same("avi to avi", "-i {mpeg4.avi} -c copy out.avi"),
    same("mov with jpeg to mov", "-i {mjpeg.mov} -c copy out.mov"),
    same("mov with jpeg to mkv", "-i {mjpeg.mov} -c copy out.mkv"),
    same("mov with prores to mov", "-i {prores.mov} -c copy out.mov"),
    same("nut to nut", "-i {ffv1.nut} -c copy out.nut"),
    same("nut to mkv", "-i {ffv1.nut} -c copy out.mkv"),
    same("wav to wav", "-i {s16.wav} -c copy out.wav"),
    same("wav of 24 bits to mov", "-i {s24.wav} -c copy out.mov"),
    same("wav to nut", "-i {s16.wav} -c copy out.nut"),
    same("m4a to adts", "-i {audio.m4a} -c copy out.aac"),
    same("adts to mp4", "-i {audio.aac} -c copy out.mp4"),
    same("vp9 and opus to webm", "-i {vp9.mkv} -c copy out.webm"),
    same("vp9 copied into slower ticks", "-i {vp9.mkv} -r 5 -c:v copy -an out.avi"),
    same(
        "a copy's rate behind a bitstream filter",
        "-i {av.mp4} -r 24 -c:v copy -an -bsf:v h264_mp4toannexb -f framecrc out.crc",
    ),
    same("a copy behind a bitstream filter to avi", "-i {av.mp4} -c copy -bsf:v null out.avi"),
    same("vp9 and opus to mp4", "-i {vp9.mkv} -c copy out.mp4"),
    same("hevc to ts", "-i {hevc.mp4} -c copy out.ts"),
    same("hevc to mkv", "-i {hevc.mp4} -c copy out.mkv"),
    same("cover and song to mp3", "-i {cover.mp3} -map 0 -c copy out.mp3"),
    same("song to nut", "-i {cover.mp3} -c copy -vn out.nut"),
    same("attachment kept in mkv", "-i {attach.mkv} -map 0 -c copy out.mkv"),
    same("chapters from mkv to mp4", "-i {chapters.mkv} -c copy out.mp4"),
    same("chapters from mp4 to mkv", "-i {chapters.mp4} -map 0:v -map 0:a -c copy out.mkv"),
    same("two languages to mp4", "-i {two.mkv} -map 0 -c copy out.mp4"),
    same("turned picture to mp4", "-i {rotated.mp4} -c copy out.mp4"),
    older(
        7,
        "ffmpeg keeps the display matrix since, whatever this key says",
        "turned picture whose note is taken away",
        "-i {rotated.mp4} -c copy -metadata:s:v rotate= out.mp4",
    ),
    same("turned picture to mov", "-i {rotated.mp4} -c copy out.mov"),
    same("uneven frames to mp4", "-i {vfr.mkv} -c copy out.mp4"),
    same("uneven frames to flv", "-i {vfr.mkv} -c copy out.flv"),
    same("30000/1001 to ts", "-i {ntsc.mp4} -c copy out.ts"),
    same("30000/1001 to flv", "-i {ntsc.mp4} -c copy out.flv"),
    same("picture that starts late to mp4", "-i {latevideo.mkv} -c copy out.mp4"),
    same("six channels to mkv", "-i {surround.mp4} -c copy out.mkv"),
    same("clip to flv", "-i {bbb} -c copy out.flv"),
    same("a bit stream filter named", "-i {av.mp4} -an -c copy -bsf:v h264_mp4toannexb out.h264"),
    same("sound's bit stream filter named", "-i {av.ts} -c copy -bsf:a aac_adtstoasc out.mp4"),
    same("two bit stream filters", "-i {av.mp4} -c copy -bsf:v h264_metadata=crop_right=2,dump_extra=freq=k out.mkv"),
    same("time stamps set by a filter", "-i {av.mp4} -an -c copy -bsf:v setts=ts=TS+1024 out.mp4"),
    same("packets spoiled with a seed", "-i {av.mp4} -an -c copy -bsf:v noise=amount=200 out.mkv"),
];

const VIDEO: &[Case] = &[
    same("x264 ultrafast", "-i {av.mp4} -an -c:v libx264 -preset ultrafast out.mp4"),
    same("x264 veryfast", "-i {av.mp4} -an -c:v libx264 -preset veryfast -threads 1 out.mkv"),
    same("x264 medium", "-i {av.mp4} -an -c:v libx264 out.mp4"),
    same("x264 by crf", "-i {av.mp4} -an -c:v libx264 -preset veryfast -threads 1 -crf 30 out.mp4"),
    same("x264 by bit rate", "-i {av.mp4} -an -c:v libx264 -preset veryfast -threads 1 -b:v 300k out.mp4"),
    same("x264 by old names", "-i {av.mp4} -an -vcodec libx264 -preset veryfast -threads 1 -b 300k out.mp4"),
    same(
        "x264 with a rate cap",
        "-i {av.mp4} -an -c:v libx264 -preset veryfast -threads 1 -crf 24 -maxrate 200k -bufsize 0.4M out.flv",
    ),
    same(
        "x264's own parameters",
        "-i {av.mp4} -an -c:v libx264 -preset veryfast -threads 1 -x264-params keyint=10:bframes=3:ref=2 out.mp4",
    ),
    same(
        "x264 with group and B-frames",
        "-i {av.mp4} -an -c:v libx264 -preset veryfast -threads 1 -g 12 -bf 1 out.mp4",
    ),
    same("x264 without B-frames", "-i {av.mp4} -an -c:v libx264 -preset veryfast -bf 0 -g 50 out.ts"),
    same(
        "x264 with profile, level and tune",
        "-i {av.mp4} -an -c:v libx264 -preset veryfast -threads 1 -profile:v baseline -level 3.0 -tune zerolatency out.mp4",
    ),
    same("x264 with one thread", "-i {av.mp4} -an -c:v libx264 -preset veryfast -threads 1 out.mp4"),
    same("x264 by quantiser", "-i {av.mp4} -an -c:v libx264 -preset veryfast -threads 1 -qp 30 out.mp4"),
    same("x264, bit exact", "-i {av.mp4} -an -c:v libx264 -preset ultrafast -bitexact out.mp4"),
    same(
        "x264, flags",
        "-i {av.mp4} -an -c:v libx264 -preset veryfast -threads 1 -flags +cgop -sc_threshold 0 out.mp4",
    ),
    same("half size", "-i {av.mp4} -an -c:v libx264 -preset veryfast -threads 1 -vf scale=iw/2:ih/2 out.mp4"),
    same("the matrix of colours is changed", "-i {av.mp4} -an -vf scale=out_color_matrix=bt709 -c:v ffv1 out.mkv"),
    same(
        "scaled by name of the kernel",
        "-i {av.mp4} -an -c:v libx264 -preset ultrafast -vf scale=160:-2:flags=lanczos out.mp4",
    ),
    same(
        "scaled with -sws_flags",
        "-i {av.mp4} -an -c:v libx264 -preset ultrafast -s 160x90 -sws_flags bilinear out.mp4",
    ),
    same("size by -s", "-i {av.mp4} -an -c:v libx264 -preset ultrafast -s 176x144 out.mp4"),
    same("size by name", "-i {av.mp4} -an -c:v libx264 -preset ultrafast -s qcif out.mp4"),
    same("shape by -aspect", "-i {av.mp4} -an -c:v libx264 -preset ultrafast -aspect 4:3 out.mp4"),
    same("shape by -aspect on a copy", "-i {av.mp4} -an -c:v copy -aspect 4:3 out.mkv"),
    same("pixels by -pix_fmt", "-i {av.mp4} -an -c:v libx264 -preset ultrafast -pix_fmt yuv444p out.mp4"),
    same("10 bit 4:2:2 kept", "-i {h422p10.mp4} -c:v libx264 -preset ultrafast out.mp4"),
    same("10 bit to 8", "-i {h422p10.mp4} -c:v libx264 -preset ultrafast -pix_fmt yuv420p out.mp4"),
    same("hevc to h264", "-i {hevc.mp4} -c:v libx264 -preset ultrafast out.mp4"),
    same("vp9 to h264", "-i {vp9.mkv} -c:v libx264 -preset ultrafast -an out.mp4"),
    same("to hevc", "-i {hevc.mp4} -c:v libx265 -preset ultrafast -x265-params log-level=error:pools=1 out.mp4"),
    same("to vp8", "-i {hevc.mp4} -c:v libvpx -threads 1 -deadline good -cpu-used 5 -b:v 200k out.webm"),
    same(
        "chain of filters",
        "-i {av.mp4} -an -c:v libx264 -preset ultrafast -vf crop=200:100:10:20,hflip,eq=contrast=1.2 out.mp4",
    ),
    same(
        "filters with a branch",
        "-i {av.mp4} -an -c:v libx264 -preset ultrafast -vf 'split[a][b];[b]hflip[c];[a][c]hstack' out.mp4",
    ),
    same("filter by stream", "-i {av.mp4} -an -c:v libx264 -preset ultrafast -filter:v:0 vflip out.mp4"),
    same("fps filter", "-i {av.mp4} -an -c:v libx264 -preset ultrafast -vf fps=10 out.mp4"),
    same("fps filter to 30000/1001", "-i {av.mp4} -an -c:v libx264 -preset ultrafast -vf fps=30000/1001 out.mp4"),
    same("rate up", "-i {av.mp4} -an -c:v libx264 -preset ultrafast -r 60 out.mp4"),
    same("rate down", "-i {av.mp4} -an -c:v libx264 -preset ultrafast -r 8 out.mp4"),
    same("rate to 30000/1001", "-i {av.mp4} -an -c:v libx264 -preset ultrafast -r 30000/1001 out.mp4"),
    same("rate by name", "-i {av.mp4} -an -c:v libx264 -preset ultrafast -r ntsc out.mkv"),
    same("rate from 30000/1001 to 25", "-i {ntsc.mp4} -an -c:v libx264 -preset ultrafast -r 25 out.mp4"),
    same("rate of the input set", "-r 50 -i {video.h264} -c:v libx264 -preset ultrafast out.mp4"),
    same("uneven to mp4", "-i {vfr.mkv} -c:v libx264 -preset ultrafast out.mp4"),
    same("uneven to ts", "-i {vfr.mkv} -c:v libx264 -preset ultrafast out.ts"),
    same("uneven, constant rate", "-i {vfr.mkv} -c:v libx264 -preset ultrafast -fps_mode cfr out.mp4"),
    same("uneven, constant rate asked", "-i {vfr.mkv} -c:v libx264 -preset ultrafast -fps_mode cfr -r 20 out.mp4"),
    same("uneven, variable", "-i {vfr.mkv} -c:v libx264 -preset ultrafast -fps_mode vfr out.mp4"),
    not_in(
        "since 7.1 at the latest",
        "uneven, variable with a rate",
        "-i {vfr.mkv} -c:v libx264 -preset ultrafast -fps_mode vfr -r 25 out.mp4",
    ),
    not_in(
        "since 7.1 at the latest",
        "uneven, passed through with a rate",
        "-i {vfr.mkv} -c:v libx264 -preset ultrafast -vsync 0 -r 60 out.mp4",
    ),
    not_in(
        "since 7.1 at the latest",
        "passed through in units of half the rate",
        "-i {av.mp4} -c:v ffv1 -fps_mode passthrough -r 10 -f framecrc -",
    ),
    same("uneven, passed through", "-i {vfr.mkv} -c:v libx264 -preset ultrafast -fps_mode passthrough out.mkv"),
    same("uneven, mode left to the format", "-i {vfr.mkv} -c:v libx264 -preset ultrafast -fps_mode auto out.flv"),
    same("rate cap", "-i {vfr.mkv} -c:v libx264 -preset ultrafast -fpsmax 20 out.mp4"),
    same("turned picture", "-i {rotated.mp4} -an -c:v libx264 -preset ultrafast out.mp4"),
    same("turned picture left alone", "-noautorotate -i {rotated.mp4} -an -c:v libx264 -preset ultrafast out.mp4"),
    same("odd size", "-i {odd.mkv} -c:v libx264 -preset ultrafast out.mp4"),
    same("odd size made even", "-i {odd.mkv} -c:v libx264 -preset ultrafast -vf crop=160:90 -pix_fmt yuv420p out.mp4"),
    same("size changes in mid-stream", "-i {resize.ts} -c:v libx264 -preset ultrafast out.mkv"),
    same("size changes under a filter", "-i {resize.ts} -c:v libx264 -preset ultrafast -vf scale=200:100 out.mkv"),
    same("interlaced, made progressive", "-i {interlaced.mkv} -c:v libx264 -preset ultrafast -vf yadif out.mp4"),
    same("interlaced kept", "-i {interlaced.mkv} -c:v libx264 -preset ultrafast -flags +ildct+ilme out.mp4"),
    same("keyframes at times", "-i {av.mp4} -an -c:v libx264 -preset ultrafast -force_key_frames 0.4,1.0 out.mp4"),
    same(
        "keyframes by expression",
        "-i {av.mp4} -an -c:v libx264 -preset ultrafast -force_key_frames 'expr:gte(t,n_forced*0.5)' out.mp4",
    ),
    same(
        "keyframes by expression, late start",
        "-itsoffset 0.52 -i {av.mp4} -an -c:v mpeg4 -g 300 -force_key_frames 'expr:gte(t,n_forced*0.3)' -copyts out.mkv",
    ),
    same("sound that begins behind its end", "-itsoffset 0.5 -i {av.mp4} -vn -c:a pcm_s16le -t 0.2 -f framecrc -"),
    same("silence in front of sound", "-i {s16.wav} -af adelay=500:all=1,atrim=0:1 -c:a pcm_s16le out.wav"),
    not_in("since 9.0", "the top field first", "-i {av.mp4} -an -c:v libx264 -preset ultrafast -top 1 -t 0.5 out.mkv"),
    same("flags of fields", "-i {av.mp4} -an -c:v libx264 -preset ultrafast -flags +ildct+ilme -t 0.5 out.mkv"),
    same("keyframes of the source", "-i {av.mp4} -an -c:v mpeg4 -g 999 -force_key_frames source out.mkv"),
    same(
        "keyframes of the source at a lower rate",
        "-i {av.mp4} -an -c:v mpeg4 -r 10 -g 999 -force_key_frames source out.mkv",
    ),
    same(
        "keyframes of the source at a higher rate",
        "-i {av.mp4} -an -c:v mpeg4 -r 60 -g 999 -force_key_frames source out.mkv",
    ),
    same("keyframes between ticks", "-i {av.mp4} -an -c:v mpeg4 -g 300 -force_key_frames 0.41,1.03,1.5 out.mkv"),
    same(
        "keyframes at chapters",
        "-ss 0.3 -i {chapters.mkv} -an -c:v mpeg4 -g 300 -force_key_frames chapters+0.11,chapters-0.05 out.mkv",
    ),
    same("mpeg4 by quality", "-i {av.mp4} -an -c:v mpeg4 -q:v 5 out.avi"),
    same("mpeg4 by -qscale", "-i {av.mp4} -an -c:v mpeg4 -qscale:v 9 -tag:v xvid out.avi"),
    same("mpeg2 by bit rate", "-i {av.mp4} -an -c:v mpeg2video -b:v 1M -bf 2 out.ts"),
    same("jpeg by quality", "-i {av.mp4} -an -c:v mjpeg -q:v 4 -t 0.5 out.mov"),
    same("ffv1", "-i {av.mp4} -an -c:v ffv1 -t 0.6 out.nut"),
    same("ffv1, version and slices", "-i {av.mp4} -an -c:v ffv1 -level 3 -slices 4 -t 0.6 out.mkv"),
    same("prores", "-i {prores.mov} -c:v prores_ks -profile:v 1 -c:a copy out.mov"),
];

const AUDIO: &[Case] = &[
    same("aac", "-i {s16.wav} -c:a aac out.m4a"),
    same("aac by bit rate", "-i {s16.wav} -c:a aac -b:a 64k out.mp4"),
    same("aac in ts", "-i {s16.wav} -c:a aac -b:a 96k out.ts"),
    same("aac in flv", "-i {s16.wav} -c:a aac -b:a 96k out.flv"),
    same("mp2", "-i {s16.wav} -c:a mp2 -b:a 128k out.mp2"),
    same("mp3", "-i {s16.wav} out.mp3"),
    same("mp3 by quality", "-i {s16.wav} -c:a libmp3lame -q:a 5 out.mp3"),
    same("ac3", "-i {s16.wav} -c:a ac3 -b:a 128k out.mkv"),
    same("ac3 of six channels", "-i {surround.mp4} -vn -c:a ac3 -b:a 320k out.ac3"),
    same("flac", "-i {s16.wav} -c:a flac out.flac"),
    same("wavpack", "-i {s16.wav} -c:a wavpack out.wv"),
    same("g722", "-i {av.mp4} -vn -ac 1 -c:a g722 -f framecrc -"),
    same("dfpwm", "-i {av.mp4} -vn -c:a dfpwm -f framecrc -"),
    same("flac beside filters", "-i {s16.wav} -af asetnsamples=1000,volume=0.5 -c:a flac out.mkv"),
    same("flac of 24 bits", "-i {s24.wav} -c:a flac -compression_level 8 out.flac"),
    same("opus", "-i {s24.wav} -c:a libopus -b:a 48k out.mkv"),
    same("pcm from aac", "-i {av.mp4} -vn -c:a pcm_s16le out.wav"),
    same("pcm from mp3", "-i {cover.mp3} -vn out.wav"),
    same("pcm from ac3", "-i {av.mkv} -vn -c:a pcm_s16le out.nut"),
    same("pcm of 24 bits to 16", "-i {s24.wav} -c:a pcm_s16le out.wav"),
    same("pcm of 16 bits to float", "-i {s16.wav} -c:a pcm_f32le out.wav"),
    same("pcm, other end first", "-i {s16.wav} -c:a pcm_s16be out.aiff"),
    same("A-law at 8 kHz", "-i {s16.wav} -c:a pcm_alaw -ar 8000 -ac 1 out.wav"),
    same("rate by -ar", "-i {s16.wav} -ar 48000 out.wav"),
    same("rate by -ar for aac", "-i {s16.wav} -c:a aac -ar 22050 out.m4a"),
    same("one channel", "-i {s16.wav} -ac 1 out.wav"),
    same("six channels to two", "-i {surround.mp4} -vn -ac 2 -c:a pcm_s16le out.wav"),
    same("six channels kept", "-i {surround.mp4} -vn -c:a aac -b:a 256k out.m4a"),
    same("one channel to two", "-i {s24.wav} -ac 2 -c:a aac out.m4a"),
    same("layout by name", "-i {s16.wav} -channel_layout mono out.wav"),
    same("layout by its new name", "-i {s16.wav} -ch_layout mono -c:a pcm_s16le out.wav"),
    same("sample format", "-i {s16.wav} -sample_fmt s32 -c:a flac out.flac"),
    same("sample format planar to mp3", "-i {s16.wav} -sample_fmt fltp -c:a libmp3lame out.mp3"),
    same("volume", "-i {s16.wav} -af volume=0.5 out.wav"),
    same("volume in decibels", "-i {av.mp4} -vn -af volume=-6dB -c:a aac out.m4a"),
    same("resampled by a filter", "-i {s16.wav} -af aresample=22050 out.wav"),
    same("resampled by a filter and -ar", "-i {s16.wav} -af aresample=16000,volume=2 -ar 32000 out.wav"),
    same("tempo", "-i {s16.wav} -af atempo=1.25 out.wav"),
    same("filters by stream", "-i {s16.wav} -filter:a:0 lowpass=800,highpass=100 out.wav"),
    same("timing held by the resampler", "-i {av.ts} -vn -af aresample=async=1 -c:a pcm_s16le out.wav"),
    same("channels mixed by pan", "-i {s16.wav} -af 'pan=mono|c0=0.3*c0+0.7*c1' out.wav"),
    same("sound and picture to mp4", "-i {av.mkv} -c:v libx264 -preset ultrafast -c:a aac -sn out.mp4"),
    same("sound and picture to flv", "-i {av.mkv} -c:v libx264 -preset ultrafast -c:a aac -ar 44100 out.flv"),
    same("sound and picture to ts", "-i {mpeg4.avi} -c:v libx264 -preset ultrafast -c:a mp2 out.ts"),
    same("sound alone transcoded", "-i {av.mkv} -c:v copy -c:a aac -sn out.mp4"),
    same("picture alone transcoded", "-i {av.mp4} -c:a copy -c:v libx264 -preset ultrafast out.mp4"),
];

const TIME: &[Case] = &[
    same("seek before, transcoded", "-ss 0.5 -i {av.mp4} -an -c:v libx264 -preset ultrafast out.mp4"),
    same("seek before, transcoded with sound", "-ss 0.73 -i {av.mp4} -c:v libx264 -preset ultrafast -c:a aac out.mkv"),
    same("seek in mkv, from a keyframe on", "-ss 0.3 -i {av.mkv} -c:v ffv1 -c:a pcm_s16le -f framecrc -"),
    same(
        "seek in mkv, from a later keyframe on",
        "-ss 1.5 -i {two.mkv} -map 0:v -map 0:a -c:v ffv1 -c:a pcm_s16le out.nut",
    ),
    same("seek in mkv, before its pictures", "-ss 0.6 -i {latevideo.mkv} -c:v ffv1 -c:a pcm_s16le -f framecrc -"),
    same("start of a copy between ticks", "-i {tiny.avi} -ss 0.333 -c copy out.mov"),
    same("side data of a stream, copied", "-i {stereo.mkv} -c copy -f framecrc -"),
    same("ts, pictures alone, offset", "-itsoffset 0.5 -i {av.ts} -map 0:v -c copy -f framecrc -"),
    same("ts, pictures alone, sought before the start", "-ss -0.5 -i {av.ts} -map 0:v -c copy -f framecrc -"),
    same("ts, sound alone, sought before the start", "-ss -0.5 -i {av.ts} -map 0:a -c copy -f framecrc -"),
    same("ts, pictures alone, from zero", "-copyts -start_at_zero -i {av.ts} -map 0:v -c copy -f framecrc -"),
    same("seek in mkv, copied", "-ss 1.5 -i {av.mkv} -c copy -f framecrc -"),
    same("seek in flv", "-ss 1.1 -i {av.flv} -c:v ffv1 -c:a pcm_s16le -f framecrc -"),
    same("seek in avi", "-ss 1.1 -i {mpeg4.avi} -c:v ffv1 -c:a pcm_s16le -f framecrc -"),
    same("seek in nut", "-ss 0.5 -i {ffv1.nut} -c:v ffv1 -c:a pcm_s16le -f framecrc -"),
    same("seek in uneven pictures", "-ss 0.7 -i {vfr.mkv} -c:v ffv1 -f framecrc -"),
    same("seek before, copied", "-ss 1.0 -i {av.mp4} -c copy out.mp4"),
    same("seek before, copied to mkv", "-ss 0.9 -i {av.mp4} -c copy out.mkv"),
    same("seek before, in ts", "-ss 0.8 -i {av.ts} -c:v libx264 -preset ultrafast -c:a aac out.mp4"),
    same("seek before, not exact", "-noaccurate_seek -ss 0.5 -i {av.mp4} -an -c:v libx264 -preset ultrafast out.mp4"),
    same("seek after, transcoded", "-i {av.mp4} -ss 0.5 -an -c:v libx264 -preset ultrafast out.mp4"),
    same("seek after, with sound", "-i {av.mp4} -ss 0.61 -c:v libx264 -preset ultrafast -c:a aac out.mp4"),
    same("seek after, copied", "-i {av.mp4} -ss 0.5 -c copy out.mkv"),
    same("length after", "-i {av.mp4} -t 0.8 -c:v libx264 -preset ultrafast -c:a aac out.mp4"),
    same("length after, copied", "-i {av.mp4} -t 0.8 -c copy out.mp4"),
    same("length before", "-t 0.8 -i {av.mp4} -c:v libx264 -preset ultrafast -c:a aac out.mp4"),
    same("length before, copied", "-t 0.8 -i {av.mp4} -c copy out.mkv"),
    same("end after", "-i {av.mp4} -ss 0.4 -to 1.2 -c:v libx264 -preset ultrafast -c:a aac out.mp4"),
    same("end before", "-ss 0.4 -to 1.2 -i {av.mp4} -c:v libx264 -preset ultrafast -c:a aac out.mp4"),
    same(
        "time as hours and minutes",
        "-ss 00:00:00.4 -i {av.mp4} -t 0:00:01 -an -c:v libx264 -preset ultrafast out.mp4",
    ),
    same("time in milliseconds", "-ss 400ms -i {av.mp4} -t 600000us -an -c:v libx264 -preset ultrafast out.mp4"),
    same("seek from the end", "-sseof -0.6 -i {av.mp4} -an -c:v libx264 -preset ultrafast out.mp4"),
    same("no pictures, so no sound", "-i {av.mp4} -frames:v 0 -c copy -f framecrc out.crc"),
    not_in("since 6.0", "no pictures encoded, so no sound", "-i {av.mp4} -frames:v 0 -f framecrc out.crc"),
    same("no sound", "-i {av.mp4} -frames:a 0 -c copy -f framecrc out.crc"),
    same("-to behind -sseof is a length", "-sseof -1.5 -to 0.9 -i {av.mp4} -an -c:v libx264 -preset ultrafast out.mp4"),
    same("seek in wav", "-ss 0.333 -i {s16.wav} -t 0.5 out.wav"),
    same("picture count", "-i {av.mp4} -an -frames:v 7 -c:v libx264 -preset ultrafast out.mp4"),
    same("picture count, copied", "-i {av.mp4} -an -frames:v 7 -c copy out.mp4"),
    same("picture count by old name", "-i {av.mp4} -an -vframes 3 -c:v mpeg4 out.avi"),
    same("packet count of sound", "-i {av.mp4} -vn -frames:a 9 -c copy out.mp4"),
    tail(
        "size limit",
        "-i {av.mp4} -c copy -fs 40k out.mkv",
        12,
        "the size is looked at as packets are written, and the muxer runs beside its sources",
    ),
    same("offset of the input", "-itsoffset 0.5 -i {av.mp4} -c copy out.mkv"),
    same("offset of one of two inputs", "-i {video.mp4} -itsoffset 0.25 -i {audio.m4a} -map 0 -map 1 -c copy out.mp4"),
    same("offset back", "-itsoffset -0.3 -i {av.mp4} -c copy out.mp4"),
    same("offset, transcoded", "-itsoffset 0.5 -i {av.mp4} -c:v libx264 -preset ultrafast -c:a aac out.mp4"),
    same("times kept", "-copyts -i {av.ts} -c copy out.mkv"),
    same("times kept, transcoded", "-copyts -i {av.ts} -c:v libx264 -preset ultrafast -c:a aac out.mkv"),
    same("times kept after a seek", "-copyts -ss 0.8 -i {av.mp4} -an -c:v libx264 -preset ultrafast out.mkv"),
    same("times kept after a seek, nothing before", "-copyts -ss 0.9 -i {av.mp4} -c copy -copypriorss 0 out.mkv"),
    same("times from zero after a seek, nothing before", "-ss 0.9 -i {av.mp4} -c copy -copypriorss 0 out.mkv"),
    same("times kept, from zero", "-copyts -start_at_zero -i {av.ts} -c copy out.mkv"),
    same(
        "times kept, from zero, after a seek",
        "-copyts -start_at_zero -ss 0.8 -i {av.ts} -c:v libx264 -preset ultrafast -an out.mkv",
    ),
    same("negative times made zero", "-i {av.mp4} -c copy -avoid_negative_ts make_zero out.mkv"),
    same(
        "negative times made not negative",
        "-ss 0.5 -i {av.mp4} -c copy -avoid_negative_ts make_non_negative out.mp4",
    ),
    same("negative times left", "-i {av.mp4} -c copy -avoid_negative_ts disabled out.mov"),
    same("offset of the output", "-i {av.mp4} -c copy -output_ts_offset 3 out.ts"),
    same("delays of the muxer", "-i {av.mp4} -c copy -muxdelay 0 -muxpreload 0 out.ts"),
    same("clock that wraps, copied", "-i {wrap.ts} -c copy out.mkv"),
    same("clock that wraps, transcoded", "-i {wrap.ts} -c:v libx264 -preset ultrafast -c:a aac out.mp4"),
    same("picture that starts late", "-i {latevideo.mkv} -c:v libx264 -preset ultrafast -c:a aac out.mp4"),
    same(
        "generated inputs, with flags that a resampler has too",
        "-f lavfi -i sine=d=1 -f lavfi -i color=d=1:s=64x64 -map 1 -map 0 -c:v libx264 -c:a aac -flags +bitexact out.mp4",
    ),
    same(
        "equal outputs, encoded once",
        "-i {av.mp4} -c:v libx264 -preset ultrafast -c:a aac one.mp4 -c:v libx264 -preset ultrafast -c:a aac two.mov \
         -c:v libx264 -preset ultrafast -c:a aac -t 1 three.mp4",
    ),
    same("paced reading", "-readrate 40 -i {av.mp4} -c copy out.mkv"),
    same("loop of a picture without sound", "-stream_loop 1 -i {video.mp4} -c copy out.mkv"),
    same("loop of sound", "-stream_loop 2 -i {s16.wav} -c:a pcm_s16le out.wav"),
    same("loop of sound whose decoder cuts off both ends", "-stream_loop 3 -i {audio.mp3} -c:a pcm_s16le out.wav"),
    same("loop ended by a length", "-stream_loop -1 -i {video.mp4} -t 3 -c:v libx264 -preset ultrafast out.mkv"),
    tail(
        "shortest, transcoded",
        "-i {longaudio.mp4} -shortest -c:v libx264 -preset ultrafast -c:a aac out.mp4",
        24,
        "weir cuts where the shortest stream ends, ffmpeg where its queues stand",
    ),
    tail(
        "shortest, copied",
        "-i {longaudio.mp4} -shortest -c copy out.mkv",
        28,
        "weir cuts where the shortest stream ends, ffmpeg where its queues stand",
    ),
    tail(
        "picture count beside sound",
        "-i {av.mp4} -frames:v 10 -c copy out.mkv",
        80,
        "ffmpeg ends the other streams where its queues stand",
    ),
    older(
        6,
        "later ones end the other streams too, where their queues stand",
        "packet count of sound beside pictures",
        "-i {av.mp4} -frames:a 20 -c copy out.mkv",
    ),
    same("missing times made", "-fflags +genpts -i {mpeg4.avi} -c copy out.mkv"),
    same("corrupt packets dropped", "-fflags +discardcorrupt -i {av.ts} -c copy out.mp4"),
    same("files of different length", "-i {longaudio.mp4} -c copy out.mp4"),
    same("sound shorter than the picture", "-i {shortaudio.mp4} -c:v libx264 -preset ultrafast -c:a aac out.mp4"),
];

const MAPPING: &[Case] = &[
    same("best streams by default", "-i {two.mkv} -c copy out.mp4"),
    same("all streams", "-i {two.mkv} -map 0 -c copy out.mkv"),
    same("by kind and number", "-i {two.mkv} -map 0:a:1 -c copy out.mka"),
    same("by index", "-i {two.mkv} -map 0:1 -map 0:0 -c copy out.mkv"),
    same("all but one", "-i {two.mkv} -map 0 -map -0:a:0 -c copy out.mkv"),
    same("by language", "-i {two.mkv} -map 0:m:language:deu -c copy out.mka"),
    same("what may be missing", "-i {video.mp4} -map 0:v -map '0:a?' -c copy out.mkv"),
    same(
        "the same stream twice",
        "-i {video.mp4} -map 0:v -map 0:v -c:v:0 copy -c:v:1 libx264 -preset:v:1 ultrafast out.mkv",
    ),
    same(
        "copied and encoded of a container without decoding times",
        "-itsoffset 5 -i {av.mkv} -map 0:v -map 0:v -c:v:0 copy -c:v:1 mpeg4 out.mkv",
    ),
    not_in(
        "before 6.1",
        "the encoder's clock by name",
        "-i {av.mp4} -an -c:v libx264 -preset ultrafast -enc_time_base demux out.mkv",
    ),
    not_in(
        "before 6.1",
        "the filter's clock by name",
        "-i {av.mp4} -an -c:v libx264 -preset ultrafast -enc_time_base filter out.mkv",
    ),
    same("two inputs", "-i {video.mp4} -i {s16.wav} -map 0:v -map 1:a -c:v copy -c:a aac out.mp4"),
    same("two inputs without a map", "-i {video.mp4} -i {s16.wav} -c:v copy -c:a aac out.mp4"),
    same(
        "three inputs",
        "-i {video.mp4} -i {s16.wav} -i {sub.srt} -map 0 -map 1 -map 2 -c:v copy -c:a pcm_s16le -c:s srt out.mkv",
    ),
    same("usable streams", "-i {two.mkv} -map 0:u -c copy out.mkv"),
    same("stream by id", "-i {av.ts} -map 0:#0x101 -c copy out.ts"),
    same("a program's streams", "-i {av.ts} -map 0:p:1 -c copy out.ts"),
    same("no picture", "-i {av.mkv} -vn -sn -c copy out.mka"),
    same("no picture where the extension is for sound", "-i {av.mp4} -c copy out.mka"),
    same("a picture where the format is named", "-i {av.mp4} -c copy -f matroska out.mka"),
    same("no subtitles", "-i {av.mkv} -sn -c copy out.mkv"),
    same("no data", "-i {chapters.mp4} -dn -map 0 -c copy out.mkv"),
    same("codecs by kind and number", "-i {two.mkv} -map 0 -c copy -c:a:1 libmp3lame -b:a:1 64k out.mkv"),
    same("bit rates by stream", "-i {two.mkv} -map 0:a -c:a aac -b:a:0 48k -b:a:1 96k out.mka"),
    same("last option wins", "-i {av.mp4} -an -c:v mpeg4 -c:v libx264 -preset ultrafast -crf 20 -crf 35 out.mp4"),
    same("two outputs", "-i {av.mp4} -c copy a.mkv -c:v libx264 -preset ultrafast -an b.mp4"),
    same(
        "three outputs of other sizes",
        "-i {av.mp4} -an -c:v libx264 -preset ultrafast a.mp4 -an -s 160x90 -c:v libx264 -preset ultrafast b.mp4 -vn -c:a pcm_s16le c.wav",
    ),
    same("outputs of other lengths", "-i {av.mp4} -t 0.5 -c copy a.mkv -t 1.5 -c copy b.mkv"),
    same("title", "-i {av.mp4} -c copy -metadata title=other -metadata comment='two words' out.mp4"),
    same("title removed", "-i {av.mp4} -c copy -metadata title= out.mkv"),
    same(
        "a stream's language",
        "-i {av.mp4} -c copy -metadata:s:a:0 language=fra -metadata:s:v handler_name=eye out.mp4",
    ),
    same("no metadata", "-i {chapters.mkv} -map_metadata -1 -c copy out.mp4"),
    same("metadata of another input", "-i {av.mp4} -i {chapters.mkv} -map 0 -map_metadata 1 -c copy out.mkv"),
    same("metadata of a stream to the file", "-i {two.mkv} -map 0 -map_metadata:g 0:s:a:1 -c copy out.mkv"),
    same("no chapters", "-i {chapters.mkv} -map_chapters -1 -c copy out.mp4"),
    same("chapters of another input", "-i {av.mp4} -i {chapters.mp4} -map 0 -map_chapters 1 -c copy out.mkv"),
    same("chapters cut", "-ss 0.5 -i {chapters.mkv} -t 1 -c copy out.mkv"),
    same("dispositions set", "-i {two.mkv} -map 0 -c copy -disposition:a:0 0 -disposition:a:1 default+forced out.mkv"),
    same("dispositions added", "-i {two.mkv} -map 0 -c copy -disposition:a:0 +dub out.mkv"),
    same(
        "dispositions of none",
        "-i {two.mkv} -map 0 -c copy -disposition:a:0 none -disposition:a:1 all-default out.mkv",
    ),
    same("tag", "-i {hevc.mp4} -c copy -tag:v hev1 out.mp4"),
    same(
        "picture for a song",
        "-i {s16.wav} -i {picture.png} -map 0 -map 1 -c:a libmp3lame -c:v copy -disposition:v:0 attached_pic out.mp3",
    ),
    same("a song's picture to m4a", "-i {cover.mp3} -map 0 -c:a aac -c:v copy out.m4a"),
    same("queue sizes", "-thread_queue_size 64 -i {av.mp4} -max_muxing_queue_size 512 -c copy out.mkv"),
    same(
        "threads of the filters",
        "-filter_threads 2 -i {av.mp4} -an -vf scale=160:90 -c:v libx264 -preset ultrafast out.mp4",
    ),
    same("no hardware", "-hwaccel none -i {av.mp4} -an -c:v libx264 -preset ultrafast out.mp4"),
    same("strictness", "-i {s16.wav} -strict -2 -c:a aac out.m4a"),
];

const FORMATS: &[Case] = &[
    same("frames' checksums", "-i {av.mp4} -f framecrc -"),
    same("frames' checksums, copied", "-i {av.mp4} -c copy -f framecrc -"),
    same("frames' md5", "-i {av.mkv} -map 0:v -map 0:a -f framemd5 -"),
    same("packets' md5", "-i {av.mp4} -c copy -f md5 -"),
    same("a file's md5 instead of the file", "-i {av.mp4} -c copy -bitexact -f nut md5:"),
    same("stream hashes", "-i {av.ts} -map 0 -c copy -f streamhash -hash md5 -"),
    same("packets' md5 of ten-bit pictures", "-i {h422p10.mp4} -f framemd5 pipe:1"),
    same("frames of a file whose size changes", "-i {resize.ts} -f framecrc -"),
    same("frames of uneven distance", "-i {vfr.mkv} -f framecrc -"),
    same("frames of uneven distance, passed through", "-i {vfr.mkv} -fps_mode passthrough -f framecrc -"),
    same("frames of an animation", "-i {pal.gif} -f framecrc -"),
    same("matroska on stdout", "-i {av.mp4} -c copy -bitexact -f matroska -"),
    same("a length told in a header that nobody completes", "-i {av.mp4} -t 0.5 -c copy -bitexact -f matroska -"),
    same("ts on stdout", "-i {av.mp4} -c copy -f mpegts pipe:1"),
    same("flv on stdout", "-i {av.mp4} -c copy -f flv -flvflags no_duration_filesize -"),
    same("raw pictures out", "-i {av.mp4} -t 0.3 -s 64x36 -pix_fmt rgb24 -f rawvideo -"),
    same(
        "raw pictures in",
        "-f rawvideo -s 64x48 -pix_fmt yuv420p -r 10 -i {raw.yuv} -c:v libx264 -preset ultrafast out.mp4",
    ),
    same(
        "raw pictures in by the demuxer's names",
        "-f rawvideo -video_size 64x48 -pixel_format yuv420p -framerate 10 -i {raw.yuv} -c:v ffv1 out.nut",
    ),
    same("raw sound out", "-i {av.mp4} -vn -f s16le -ac 1 -ar 16000 -"),
    same("raw sound in", "-f s16le -ar 44100 -ac 2 -i {raw.pcm} out.wav"),
    same("y4m out", "-i {av.mp4} -t 0.3 -pix_fmt yuv420p out.y4m"),
    same("pictures in", "-framerate 10 -i {pics} -c:v libx264 -preset ultrafast -pix_fmt yuv420p out.mp4"),
    same("pictures in from a number", "-framerate 5 -start_number 4 -i {pics} -c:v ffv1 out.nut"),
    same("pictures out", "-i {av.mp4} -r 5 -s 96x54 %03d.png"),
    same("pictures out as jpeg", "-i {av.mp4} -r 5 -q:v 3 shot%d.jpg"),
    same("one picture out", "-ss 1 -i {av.mp4} -frames:v 1 -update 1 shot.png"),
    same(
        "a still picture as film",
        "-loop 1 -framerate 25 -i {picture.png} -t 1 -c:v libx264 -preset ultrafast -pix_fmt yuv420p out.mp4",
    ),
    same("animation out", "-i {av.mp4} -t 0.6 -r 10 -s 96x54 out.gif"),
    same("animation in", "-i {pal.gif} -c:v libx264 -preset ultrafast -pix_fmt yuv420p out.mp4"),
    same(
        "a source that is a filter",
        "-f lavfi -i testsrc=size=96x64:rate=10:duration=1 -c:v libx264 -preset ultrafast -pix_fmt yuv420p out.mp4",
    ),
    same("segments", "-i {av.mp4} -c copy -f segment -segment_time 0.8 part%d.ts"),
    same("hls", "-i {av.mp4} -c copy -hls_time 0.8 -hls_list_size 0 out.m3u8"),
    same("the format by -f", "-i {av.mp4} -c copy -f mp4 out.bin"),
    same("default codecs of mkv", "-i {mpeg4.avi} -t 0.5 out.mkv"),
    same("default codecs of mp4", "-i {ffv1.nut} out.mp4"),
    same("default codecs of avi", "-i {av.mp4} -t 0.5 out.avi"),
    same("default codecs of ts", "-i {av.mp4} -t 0.5 out.ts"),
    same("default codec of ogg sound", "-i {s16.wav} -c:a flac out.ogg"),
    same("subtitles to a file", "-i {av.mkv} -map 0:s -c:s copy out.srt"),
    same("nothing written at all", "-i {av.mp4} -f null -"),
    same("metadata as text", "-i {chapters.mkv} -f ffmetadata -"),
];

const GRAPHS: &[Case] = &[
    same(
        "overlay",
        "-i {av.mp4} -i {ffv1.nut} -filter_complex [0:v][1:v]overlay=10:10 -c:v libx264 -preset ultrafast out.mp4",
    ),
    same(
        "overlay without labels",
        "-i {av.mp4} -i {picture.png} -filter_complex overlay -c:v libx264 -preset ultrafast out.mp4",
    ),
    same(
        "a still picture over a film",
        "-i {av.mp4} -loop 1 -i {picture.png} -filter_complex [0:v][1:v]overlay=shortest=1 -c:v ffv1 out.nut",
    ),
    same(
        "beside each other",
        "-i {av.mp4} -i {av.ts} -filter_complex [0:v][1:v]hstack -c:v libx264 -preset ultrafast out.mp4",
    ),
    same("above each other by -lavfi", "-i {ffv1.nut} -i {ffv1.nut} -lavfi [0:v][1:v]vstack -c:v ffv1 out.nut"),
    same(
        "four in a square",
        "-i {ffv1.nut} -filter_complex '[0:v]split=4[a][b][c][d];[a][b][c][d]xstack=inputs=4:layout=0_0|w0_0|0_h0|w0_h0[o]' -map [o] -c:v ffv1 out.nut",
    ),
    same(
        "one label mapped",
        "-i {av.mp4} -filter_complex [0:v]scale=80:-2[out] -map [out] -c:v libx264 -preset ultrafast out.mp4",
    ),
    same(
        "a label beside a copy",
        "-i {av.mp4} -filter_complex [0:v]hflip[v] -map [v] -map 0:a -c:a copy -c:v libx264 -preset ultrafast out.mp4",
    ),
    same(
        "one label an output",
        "-i {av.mp4} -filter_complex [0:v]split[a][b];[b]vflip[c] -map [a] -c:v ffv1 one.nut -map [c] -map 0:a -c:a copy -c:v mpeg4 two.mkv",
    ),
    same(
        "a size for a label",
        "-i {av.mp4} -filter_complex [0:v]hflip[v] -map [v] -s 96x54 -pix_fmt yuv444p -r 10 -c:v ffv1 out.nut",
    ),
    same(
        "films in a row",
        "-i {av.mp4} -i {ffv1.nut} -filter_complex '[0:v]scale=160:90,setsar=1[s];[s][0:a][1:v][1:a]concat=n=2:v=1:a=1[v][a]' -map [v] -map [a] -c:v ffv1 -c:a pcm_s16le out.nut",
    ),
    same(
        "the beginning of two films in a row",
        "-i {bbb} -i {bbb} -filter_complex [0:v][1:v]concat[v] -map [v] -frames:v 40 -c:v libx264 -preset ultrafast out.mkv",
    ),
    same(
        "three films in a row",
        "-i {ffv1.nut} -i {ffv1.nut} -i {ffv1.nut} -filter_complex concat=n=3:v=1:a=1 -c:v ffv1 -c:a pcm_s16le out.nut",
    ),
    same(
        "parts of a film in a row",
        "-i {av.mp4} -filter_complex '[0:v]trim=0:0.5,setpts=PTS-STARTPTS[a];[0:v]trim=1:1.4,setpts=PTS-STARTPTS[b];[a][b]concat[v]' -map [v] -c:v ffv1 out.nut",
    ),
    same(
        "one film fades into another",
        "-i {ffv1.nut} -i {ffv1.nut} -filter_complex [0:v][1:v]xfade=duration=0.4:offset=0.5 -c:v ffv1 out.nut",
    ),
    same(
        "one file fades into another, longer one",
        "-f lavfi -i testsrc2=s=160x120:r=25:d=2 -f lavfi -i testsrc=s=200x150:r=30:d=3 -filter_complex \
         [0:v]settb=AVTB,fps=25[a];[1:v]scale=160:120,settb=AVTB,fps=25[b];[a][b]xfade=duration=0.5:offset=1.5 \
         -c:v ffv1 out.nut",
    ),
    same(
        "sounds mixed",
        "-i {av.mp4} -i {s16.wav} -filter_complex [0:a][1:a]amix=inputs=2:duration=first[a] -map [a] -c:a pcm_s16le out.wav",
    ),
    same("sounds merged", "-i {s16.wav} -i {s16.wav} -filter_complex [0:a][1:a]amerge=inputs=2 -c:a pcm_s16le out.wav"),
    same(
        "channels joined",
        "-i {s24.wav} -i {s24.wav} -filter_complex [0:a][1:a]join=inputs=2:channel_layout=stereo[a] -map [a] out.wav",
    ),
    same(
        "channels apart",
        "-i {s16.wav} -filter_complex channelsplit=channel_layout=stereo[l][r] -map [l] l.wav -map [r] r.wav",
    ),
    same(
        "sound to two codecs",
        "-i {av.mp4} -filter_complex [0:a]asplit[a][b] -map [a] -c:a aac one.m4a -map [b] -c:a pcm_s16le two.wav",
    ),
    same(
        "a picture of sound",
        "-i {s16.wav} -filter_complex [0:a]showwaves=s=64x48:r=10[v] -map [v] -map 0:a -c:v ffv1 -c:a copy out.nut",
    ),
    same(
        "a palette of its own",
        "-i {pal.gif} -filter_complex 'split[a][b];[a]palettegen[p];[b][p]paletteuse' out.gif",
    ),
    same(
        "only sources",
        "-filter_complex testsrc=d=1:s=64x48:r=10[v];sine=d=1[a] -map [v] -map [a] -c:v ffv1 -c:a pcm_s16le out.nut",
    ),
    same("a source without end, cut", "-filter_complex testsrc=s=64x48:r=10,format=yuv420p -t 0.8 -c:v ffv1 out.nut"),
    same(
        "a source under a film",
        "-i {ffv1.nut} -filter_complex color=s=200x120:r=25[bg];[bg][0:v]overlay=shortest=1 -c:v ffv1 out.nut",
    ),
    same(
        "two graphs",
        "-i {ffv1.nut} -i {ffv1.nut} -filter_complex [0:v]hflip[a] -filter_complex [1:v]vflip[b] -map [a] -map [b] -c:v ffv1 out.nut",
    ),
    same(
        "seeks before and behind",
        "-ss 0.4 -i {av.mp4} -i {av.ts} -filter_complex [0:v][1:v]hstack -ss 0.2 -t 0.6 -c:v ffv1 -an out.nut",
    ),
    same(
        "an input moved",
        "-i {ffv1.nut} -itsoffset 0.4 -i {ffv1.nut} -filter_complex [0:v][1:v]overlay=eof_action=pass -c:v ffv1 out.nut",
    ),
    same(
        "an uneven film beside an even one",
        "-i {vfr.mkv} -i {av.mp4} -filter_complex '[0:v]scale=96:54[a];[1:v]scale=96:54[b];[a][b]hstack' -an -c:v ffv1 out.mkv",
    ),
    not_in("since 9.0", "a graph from a file", "-i {ffv1.nut} -filter_complex_script {graph.txt} -c:v ffv1 out.nut"),
    not_in("since 9.0", "a stream's graph from a file", "-i {ffv1.nut} -filter_script:v {chain.txt} -c:v ffv1 out.nut"),
    same(
        "a stream of texts on pictures of its own file",
        "-i {captioned.mkv} -filter_complex [0:v][0:s]overlay -c:v ffv1 out.nut",
    ),
    same(
        "pictures of unequal rates side by side",
        "-i {av.mp4} -filter_complex color=s=192x108:r=10:d=1[a];[0:v]scale=192:108[b];[a][b]hstack -an -c:v ffv1 out.nut",
    ),
    same("subtitles drawn by a filter", "-i {av.mp4} -filter_complex subtitles={sub.srt} -an -c:v ffv1 out.nut"),
    same("pictures compared", "-i {av.mp4} -i {av.ts} -lavfi [0:v][1:v]ssim;[0:v][1:v]psnr -f null -"),
    older(
        7,
        "ffmpeg 7 ends now and then before the last frames are through",
        "a filter that writes a file for each of its inputs",
        "-i {av.mp4} -i {av.ts} -filter_complex [0:v][1:v]signature=nb_inputs=2:format=xml:filename=sig%d.xml -f framecrc -",
    ),
];

const SELDOM: &[Case] = &[
    same("a file attached", "-i {av.mp4} -c copy -attach {sub.srt} -metadata:s:t mimetype=text/plain out.mkv"),
    same("an attachment taken out", "-dump_attachment:t:0 got.txt -i {attach.mkv} -c copy out.mkv"),
    same("ids of streams", "-i {av.mp4} -c copy -streamid 0:500 -streamid 1:501 out.ts"),
    same("a program", "-i {av.mp4} -c copy -program title=News:program_num=7:st=0:st=1 out.ts"),
    same("two programs", "-i {two.mkv} -map 0 -c copy -program st=0:st=1 -program title=B:st=0:st=2 out.ts"),
    same("a timecode", "-i {av.mp4} -an -c:v mpeg2video -timecode 01:02:03:04 out.mov"),
    same(
        "clips of two rates as MPEG-1, which has rates of its own",
        "-f lavfi -i testsrc=s=64x48:d=1:r=25 -f lavfi -i testsrc=s=64x48:d=1:r=30 -filter_complex [0:v][1:v]concat out.mpg",
    ),
    same("a VCD", "-i {av.mp4} -t 0.8 -target pal-vcd out.mpg"),
    same("a DVD", "-i {av.mp4} -t 0.4 -target ntsc-dvd out.mpg"),
    same("a DV", "-i {av.mp4} -t 0.4 -target pal-dv out.dv"),
    same("a DV, whatever came before", "-i {av.mp4} -t 0.4 -s 320x240 -r 30 -ac 1 -target pal-dv out.dv"),
    same(
        "a DVD's rate and another size",
        "-i {av.mp4} -t 0.4 -b:v 3M -target pal-dvd -s 352x288 -muxpreload 0.2 out.mpg",
    ),
    same("the first pass", "-i {av.mp4} -an -c:v mpeg4 -b:v 300k -pass 1 -passlogfile log -f null -"),
    same("x264's first pass", "-i {av.mp4} -an -c:v libx264 -threads 1 -preset ultrafast -b:v 300k -pass 1 -f null -"),
    same("quality of a stretch", "-i {av.mp4} -an -c:v mpeg4 -b:v 300k -rc_override 0,10,20/11,30,3 out.avi"),
    same(
        "a matrix",
        "-i {av.mp4} -an -c:v mpeg2video -q:v 5 -intra_matrix 8,16,19,22,26,27,29,34,16,16,22,24,27,29,34,37,19,22,26,27,29,34,34,38,22,22,26,27,29,34,37,40,22,26,27,29,32,35,40,48,26,27,29,32,35,40,48,58,26,27,29,34,38,46,56,69,27,29,35,38,46,56,69,83 out.ts",
    ),
    not_in("since 9.0", "fields", "-i {av.mp4} -an -c:v mpeg2video -q:v 5 -flags +ildct -top 1 out.ts"),
    same("bits of a sample", "-i {s24.wav} -c:a flac -bits_per_raw_sample 20 out.mkv"),
    same("a time base asked for", "-i {av.mp4} -c copy -time_base 1/50000 out.nut"),
    same("the demuxer's time base", "-copytb 1 -i {av.mp4} -c copy out.mkv"),
    same(
        "a rate that the encoder does not list",
        "-i {av.mp4} -an -c:v mpeg2video -q:v 5 -r 20 -force_fps -strict -1 out.ts",
    ),
    not_in("since 7.0", "one channel of two", "-i {s16.wav} -map_channel 0.0.1 out.wav"),
    not_in("since 7.0", "channels the other way round", "-i {s16.wav} -map_channel 0.0.1 -map_channel 0.0.0 out.wav"),
    not_in("since 7.0", "a channel and silence", "-i {s16.wav} -map_channel 0.0.0 -map_channel -1 out.wav"),
    not_in("since 7.0", "volume by -vol", "-vol 128 -i {s16.wav} out.wav"),
    same("sound kept to its clock", "-async 1 -i {latevideo.mkv} -vn -c:a pcm_s16le out.wav"),
    same(
        "sound padded to the picture",
        "-i {av.mp4} -i {s24.wav} -map 0:v -map 1:a -c:v libx264 -preset ultrafast -c:a pcm_s16le -apad whole_dur=2 -t 2 out.mkv",
    ),
    same("twice as slow", "-itsscale 2 -i {av.mp4} -c copy out.mkv"),
    same("slower sound alone", "-itsscale:a 1.5 -i {av.mp4} -c copy out.mkv"),
    same("only key frames read", "-discard:v nokey -i {av.mp4} -an -c copy out.mkv"),
    same("a stream discarded", "-discard:a all -i {av.mp4} -c copy out.mkv"),
    same("starts aligned", "-i {av.mp4} -isync 0 -ss 0.5 -i {av.ts} -map 0:v -map 1:a -c copy out.mkv"),
    same("subtitles to another text", "-i {sub.srt} -c:s webvtt out.vtt"),
    older(
        6,
        "ffmpeg 6 and newer do not move the subtitles that they encode",
        "subtitles from the output's beginning on",
        "-ss 0.5 -i {sub.srt} -ss 0 out.srt",
    ),
    same("captions that roll up, to other texts", "-i {captions.scc} -map 0 -c:s ass out.ass -map 0 -c:s srt out.srt"),
    same("captions that roll up, to packets", "-i {captions.scc} -c:s ssa -f framecrc -"),
    same("subtitles in a film to another text", "-i {av.mkv} -map 0 -c copy -c:s mov_text out.mp4"),
    same(
        "pictures whose conversion depends on slices",
        "-f lavfi -i testsrc2=s=192x108:d=0.2,format=bgr24 -pix_fmt yuv420p -c:v ffv1 out.nut",
    ),
    same(
        "a filter that counts slices",
        "-f lavfi -i nullsrc=s=64x64:d=0.2 -vf geq=random(1)*255:128:128 -c:v ffv1 out.nut",
    ),
    same("frames dropped late", "-frame_drop_threshold 1 -i {vfr.mkv} -an -c:v mpeg4 -r 10 out.avi"),
    same("FFmpeg's scalar code", "-cpuflags 0 -i {av.mp4} -an -c:v mpeg4 -q:v 3 out.avi"),
    same("when it was recorded", "-i {av.mp4} -c copy -timestamp 2020-02-03T04:05:06Z out.mkv"),
    same(
        "the best of two files, each with its default",
        "-i {ffv1.nut} -i {longgop.ts} -i {s16.wav} -i {av.mp4} -t 0.4 -f framecrc -",
    ),
    same(
        "pictures against a default of another file",
        "-i {longgop.ts} -i {ffv1.nut} -c:v ffv1 -c:a pcm_s16le -t 0.4 out.mkv",
    ),
    same("times halved, of odd ticks", "-itsscale 0.5 -i {two.mkv} -c:v ffv1 -an -r 12.5 -f framecrc -"),
    same("times scaled and copied", "-itsscale 0.57 -i {av.flv} -c copy out.nut"),
    older(
        7,
        "ffmpeg 7 does not move the subtitles that it encodes by -ss",
        "seek after, with subtitles before it",
        "-i {av.mkv} -c:v ffv1 -an -ss 0.52 out.mkv",
    ),
    same("copied sound waits for pictures that are encoded", "-i {bcam.mp4} -c:v mpeg2video -c:a copy out.nut"),
    same("maps of what is not there", "-i {av.mp4} -map 0:s? -map 0:d? -c copy out.mkv"),
    same("unknown streams left out", "-ignore_unknown -i {av.mp4} -map 0 -c copy out.mkv"),
    older(
        9,
        "ffmpeg 9 reads the first line of a preset and no other",
        "a preset from a file",
        "-i {av.mp4} -an -c:v mpeg4 -fpre {preset.txt} out.avi",
    ),
    same("old names", "-i {av.mp4} -t 0.5 -vcodec mpeg4 -vb 300k -acodec mp2 -ab 64k out.avi"),
];

/// Runs a group's rows and reports all that differ at once.
fn check(cases: &[Case]) {
    let only = std::env::var("PARITY").unwrap_or_default();
    let cases: Vec<&Case> =
        cases.iter().filter(|case| case.name.contains(&only) || case.args.contains(&only)).collect();
    let complaints = in_parallel(&cases, |case| {
        let complaint = compare(case).err()?;
        Some(match case.allow {
            Allow::Nothing => format!("{}: {complaint}\n      {}", case.name, case.args),
            Allow::Refusal { ages } => {
                format!("{} (refused by ffmpeg {ages}): {complaint}\n      {}", case.name, case.args)
            }
            Allow::Older { because, .. } => {
                format!("{}: {complaint} (not compared later: {because})\n      {}", case.name, case.args)
            }
            Allow::Tail { because, .. } => {
                format!("{}: {complaint} (the tail alone may differ: {because})\n      {}", case.name, case.args)
            }
        })
    });
    assert_none(&complaints, cases.len());
}

/// One row. x264 with frame threads gives now and then another packet for the same input (ffmpeg's own runs differ in
/// one of some fifty, with two threads, B-frames and small pictures), so a row that does not ask for one thread may equal
/// any of a few of ffmpeg's runs.
fn compare(case: &Case) -> Result<(), String> {
    let first = compare_once(case);
    let varies = case.args.contains("libx26") && !case.args.contains("-threads 1 ");
    if first.is_err() && varies && (0..4).any(|_| compare_once(case).is_ok()) {
        return Ok(());
    }
    first
}

fn compare_once(case: &Case) -> Result<(), String> {
    if matches!(case.allow, Allow::Older { than_major, .. } if oracle_major() >= than_major) {
        return Ok(());
    }
    let args = words(&format!("-nostdin -y -hide_banner -v error {}", case.args));
    let theirs = tempfile::tempdir().unwrap();
    let ours = tempfile::tempdir().unwrap();
    let limit = Duration::from_secs(60);
    let oracle = run(Path::new("ffmpeg"), &args, theirs.path(), limit);
    if oracle.code() != Some(0) && matches!(case.allow, Allow::Refusal { .. }) {
        return Ok(());
    }
    if oracle.code() != Some(0) {
        return Err(format!("the oracle refuses it: {}", oracle.tail()));
    }
    let subject = run(&weir(), &args, ours.path(), limit);
    if let Some(wrong) = subject.misbehaviour() {
        return Err(wrong);
    }
    if subject.code() != Some(0) {
        return Err(format!("status {:?}: {}", subject.code(), subject.tail()));
    }
    compare_stdout(&oracle, &subject)?;

    let (theirs, ours) = (files(theirs.path()), files(ours.path()));
    if theirs.keys().ne(ours.keys()) {
        return Err(format!("files {:?} expected, got {:?}", theirs.keys(), ours.keys()));
    }
    for (name, file) in &theirs {
        if fs::read(file).unwrap() == fs::read(&ours[name]).unwrap() {
            continue;
        }
        let expected = probe(file).map_err(|error| format!("{name}: bytes differ, and {error}"))?;
        let got = probe(&ours[name])?;
        compare_facts(&expected, &got, &case.allow).map_err(|difference| format!("{name}: {difference}"))?;
    }
    Ok(())
}

fn compare_stdout(oracle: &Run, subject: &Run) -> Result<(), String> {
    if oracle.stdout == subject.stdout {
        return Ok(());
    }
    let (theirs, ours) = (String::from_utf8_lossy(&oracle.stdout), String::from_utf8_lossy(&subject.stdout));
    let sizes = format!("stdout of {} bytes expected, got {}", oracle.stdout.len(), subject.stdout.len());
    let line = theirs.lines().zip(ours.lines()).enumerate().find(|(_, (expected, got))| expected != got);
    Err(match line {
        Some((at, (expected, got))) if !expected.contains('\u{fffd}') => {
            format!("{sizes}; line {}: expected `{expected}`, got `{got}`", at + 1)
        }
        _ => sizes,
    })
}

/// The first difference of two files.
fn compare_facts(expected: &FileFacts, got: &FileFacts, allow: &Allow) -> Result<(), String> {
    if expected.streams.len() != got.streams.len() {
        return Err(format!("{} streams expected, got {}", expected.streams.len(), got.streams.len()));
    }
    let lengths_free = matches!(allow, Allow::Tail { .. });
    let packets_apart = match allow {
        Allow::Nothing | Allow::Refusal { .. } | Allow::Older { .. } => 0,
        Allow::Tail { packets, .. } => *packets,
    };
    for index in 0..expected.streams.len() {
        let what = format!("stream {index}");
        compare_values(&expected.streams[index], &got.streams[index], &what, lengths_free)?;
        compare_packets(&expected.of_stream(index), &got.of_stream(index), packets_apart)
            .map_err(|difference| format!("{what}, {difference}"))?;
    }
    compare_values(&expected.format, &got.format, "format", lengths_free)?;
    if expected.chapters == got.chapters {
        Ok(())
    } else {
        Err(format!("chapters {:?} expected, got {:?}", expected.chapters, got.chapters))
    }
}

/// What ffprobe says of a stream or the format, but for what follows from the file's name and layout.
fn compare_values(expected: &Value, got: &Value, what: &str, lengths_free: bool) -> Result<(), String> {
    const NEVER: [&str; 4] = ["filename", "size", "bit_rate", "probe_score"];
    const LENGTHS: [&str; 6] =
        ["duration", "duration_ts", "nb_frames", "nb_read_packets", "DURATION", "avg_frame_rate"];
    let skip = |key: &str| {
        (NEVER.contains(&key) && what == "format") || (lengths_free && (LENGTHS.contains(&key) || key == "bit_rate"))
    };
    let (Some(theirs), Some(ours)) = (expected.as_object(), got.as_object()) else {
        return if expected == got { Ok(()) } else { Err(format!("{what}: {expected} expected, got {got}")) };
    };
    for key in theirs.keys().chain(ours.keys()).filter(|key| !skip(key)) {
        let (a, b) = (&expected[key], &got[key]);
        if a.is_object() && b.is_object() {
            compare_values(a, b, &format!("{what} {key}"), lengths_free)?;
        } else if a != b {
            return Err(format!("{what}: {key} {a} expected, got {b}"));
        }
    }
    Ok(())
}

fn compare_packets(expected: &[&PacketFact], got: &[&PacketFact], apart: usize) -> Result<(), String> {
    // Where the tail may differ, so may the duration of the last packet before it.
    let exact = expected.len().min(got.len()).saturating_sub(usize::from(apart > 0));
    for (at, (theirs, ours)) in expected.iter().zip(got).take(exact).enumerate() {
        if theirs != ours {
            return Err(format!("packet {at}: expected {theirs}, got {ours}"));
        }
    }
    if expected.len().abs_diff(got.len()) > apart {
        return Err(format!("{} packets expected, got {}", expected.len(), got.len()));
    }
    Ok(())
}

#[test]
fn copied_streams_have_ffmpegs_packets() {
    check(COPY);
}

#[test]
fn encoded_pictures_are_ffmpegs() {
    check(VIDEO);
}

#[test]
fn encoded_sound_is_ffmpegs() {
    check(AUDIO);
}

#[test]
fn seeks_cuts_and_offsets_land_where_ffmpegs_do() {
    check(TIME);
}

#[test]
fn streams_metadata_and_options_are_mapped_as_ffmpeg_does() {
    check(MAPPING);
}

#[test]
fn formats_pipes_and_picture_sequences_are_ffmpegs() {
    check(FORMATS);
}

#[test]
fn complex_filtergraphs_are_ffmpegs() {
    check(GRAPHS);
}

#[test]
fn seldom_options_do_what_ffmpegs_do() {
    check(SELDOM);
}

#[test]
fn the_comparison_sees_a_difference() {
    let packet = PacketFact {
        stream: 0,
        pts: Some(1),
        dts: Some(1),
        duration: Some(1),
        flags: "K__".into(),
        size: 3,
        hash: "MD5:00".into(),
    };
    let other = PacketFact { pts: Some(2), ..packet.clone() };
    assert!(compare_packets(&[&packet, &packet], &[&packet, &other], 0).unwrap_err().contains("packet 1"));
    assert!(compare_packets(&[&packet], &[&packet, &packet], 0).unwrap_err().contains("1 packets expected, got 2"));
    assert!(compare_packets(&[&packet, &packet], &[&packet, &packet, &packet], 1).is_ok());
    assert!(compare_packets(&[&packet, &packet, &packet], &[&other, &packet, &packet], 1).is_err());
    let (a, b) = (serde_json::json!({"width": 2, "tags": {"title": "a"}}), serde_json::json!({"width": 2}));
    assert!(compare_values(&a, &b, "stream 0", false).unwrap_err().contains("tags"));
    assert!(compare_values(&b, &b, "stream 0", false).is_ok());
}
