//! Small media, each made at its first use by the system's ffmpeg and kept under the target folder.
//!
//! A file's name holds a hash of its recipe, so a changed recipe makes a new file. It is written under a
//! temporary name and renamed, so threads and test binaries cannot see half of it.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use super::{run, words};

enum Recipe {
    /// ffmpeg's arguments before the output.
    Ffmpeg(&'static str),
    /// Several files from one ffmpeg run, in a folder: arguments and the pattern of their names.
    Folder(&'static str, &'static str),
    /// Other media, one after the other.
    Join(&'static [&'static str]),
    /// MPEG-TS media, one after the other, their packets numbered through: only the clock (or the picture) jumps.
    JoinTs(&'static [&'static str]),
    /// This text.
    Text(&'static str),
    /// Another medium, its bytes changed.
    Patch(&'static str, fn(&mut [u8])),
    /// Another MP4 file (its header behind its media) with these edits, by track: length in milliseconds, beginning in ticks.
    Edit(&'static str, &'static [&'static [(u32, u32)]]),
}
use Recipe::{Edit, Ffmpeg, Folder, Join, JoinTs, Patch, Text};

const RECIPES: &[(&str, Recipe)] = &[
    // The everyday kinds: two seconds, 320x180, 25 frames a second.
    (
        "av.mp4",
        Ffmpeg(
            "-f lavfi -i testsrc2=size=320x180:rate=25:duration=2 -f lavfi -i sine=440:sample_rate=44100:duration=2 \
             -c:v libx264 -preset veryfast -bf 2 -g 20 -pix_fmt yuv420p -c:a aac -ac 2 -b:a 96k \
             -metadata title=everyday -metadata:s:a:0 language=eng",
        ),
    ),
    // For cameras: a keyframe each half second, no B-frames; and one with B-frames and long groups.
    (
        "cam.mp4",
        Ffmpeg(
            "-f lavfi -i testsrc2=size=320x180:rate=25:duration=4 -f lavfi -i sine=440:sample_rate=48000:duration=4 \
             -c:v libx264 -preset ultrafast -bf 0 -g 12 -sc_threshold 0 -pix_fmt yuv420p -c:a aac -ac 2 -b:a 96k",
        ),
    ),
    (
        "bcam.mp4",
        Ffmpeg(
            "-f lavfi -i testsrc2=size=320x180:rate=25:duration=16 -f lavfi -i sine=440:sample_rate=48000:duration=16 \
             -c:v libx264 -preset veryfast -bf 2 -b_strategy 0 -g 25 -sc_threshold 0 -pix_fmt yuv420p -c:a aac -ac 2 -b:a 96k",
        ),
    ),
    // No two packets of it, or of the one with B-frames, are alike.
    (
        "sync.mp4",
        Ffmpeg(
            "-f lavfi -i testsrc2=size=320x180:rate=25:duration=20 -f lavfi -i anoisesrc=r=48000:d=20:seed=3 \
             -c:v libx264 -preset ultrafast -bf 0 -g 12 -sc_threshold 0 -pix_fmt yuv420p -c:a aac -ac 2 -b:a 96k",
        ),
    ),
    (
        "sync-b.mp4",
        Ffmpeg(
            "-f lavfi -i testsrc2=size=320x180:rate=25:duration=20 -f lavfi -i anoisesrc=r=48000:d=20:seed=3 \
             -c:v libx264 -preset ultrafast -bf 3 -b_strategy 0 -g 24 -sc_threshold 0 -pix_fmt yuv420p \
             -c:a aac -ac 2 -b:a 96k",
        ),
    ),
    // A second for each picture: encoders that look ahead are late by half a minute.
    (
        "slides.mp4",
        Ffmpeg(
            "-f lavfi -i testsrc2=size=192x108:rate=1:duration=90 -f lavfi -i sine=440:sample_rate=48000:duration=90 \
             -c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac -b:a 64k",
        ),
    ),
    // Sound first, and pictures that nobody can begin with.
    (
        "nokey.ts",
        Ffmpeg("-i {cam.mp4} -map 0:a -map 0:v -c copy -bsf:v h264_mp4toannexb,noise=drop=key,dump_extra=freq=all"),
    ),
    ("cam-pictures.ts", Ffmpeg("-i {cam.mp4} -c copy -an")),
    // More than sockets hold, and all of it waits for the sound that has ended.
    (
        "tail.mkv",
        Ffmpeg(
            "-f lavfi -i testsrc2=size=320x180:rate=25:duration=9 -f lavfi -i sine=440:sample_rate=48000:duration=0.2 \
             -c:v rawvideo -pix_fmt yuv420p -c:a pcm_s16le",
        ),
    ),
    // The same the other way round.
    (
        "short-pictures.mkv",
        Ffmpeg(
            "-f lavfi -i testsrc2=size=320x180:rate=25:duration=1 -f lavfi -i sine=440:sample_rate=48000:duration=100 \
             -c:v libx264 -preset ultrafast -tune zerolatency -g 12 -pix_fmt yuv420p -c:a pcm_s16le -ac 2",
        ),
    ),
    ("longgop.mp4", Ffmpeg("-i {cam.mp4} -c:v libx264 -preset ultrafast -bf 0 -g 1000 -sc_threshold 0 -c:a copy")),
    ("longgop.ts", Ffmpeg("-i {longgop.mp4} -c copy -an")),
    (
        "heavy.mp4",
        Ffmpeg(
            "-f lavfi -i nullsrc=size=640x360:rate=25:duration=4,geq=random(1)*255:128:128 -c:v libx264 -preset ultrafast \
             -bf 0 -g 12 -sc_threshold 0 -qp 18 -pix_fmt yuv420p",
        ),
    ),
    ("faststart.mp4", Ffmpeg("-i {av.mp4} -c copy -movflags +faststart")),
    ("video.mp4", Ffmpeg("-i {av.mp4} -c copy -an")),
    ("audio.m4a", Ffmpeg("-i {av.mp4} -c copy -vn")),
    ("audio.mp3", Ffmpeg("-i {av.mp4} -vn -c:a libmp3lame")),
    ("audio.aac", Ffmpeg("-i {av.mp4} -c copy -vn -f adts")),
    (
        "sub.srt",
        Text(
            "1\n00:00:00,200 --> 00:00:00,900\nfirst line\n\n2\n00:00:01,000 --> 00:00:01,800\nsecond <i>line</i>\n\n",
        ),
    ),
    (
        "av.mkv",
        Ffmpeg(
            "-i {av.mp4} -i {sub.srt} -map 0:v -map 0:a -map 1 -c:v copy -c:a ac3 -b:a 128k -c:s srt \
             -metadata:s:s:0 language=eng",
        ),
    ),
    (
        "vp9.mkv",
        Ffmpeg(
            "-f lavfi -i testsrc2=size=192x108:rate=25:duration=1 -f lavfi -i sine=440:sample_rate=48000:duration=1 \
             -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 200k -pix_fmt yuv420p -c:a libopus -b:a 48k",
        ),
    ),
    ("stereo.mkv", Ffmpeg("-i {av.mp4} -an -c copy -metadata:s:v stereo_mode=left_right")),
    ("av.flv", Ffmpeg("-i {av.mp4} -c copy")),
    ("av.ts", Ffmpeg("-i {av.mp4} -c copy")),
    ("mp2.ts", Ffmpeg("-i {av.mp4} -c:v copy -c:a mp2 -b:a 128k")),
    ("mjpeg.mov", Ffmpeg("-i {av.mp4} -t 1 -c:v mjpeg -q:v 5 -pix_fmt yuvj420p -c:a pcm_s16le")),
    ("prores.mov", Ffmpeg("-i {av.mp4} -t 0.4 -c:v prores_ks -profile:v 0 -vf scale=160:90 -c:a pcm_s16le")),
    ("prores.mkv", Ffmpeg("-i {prores.mov} -an -c copy")),
    ("mpeg4.avi", Ffmpeg("-i {av.mp4} -c:v mpeg4 -q:v 6 -c:a libmp3lame -b:a 96k")),
    ("ffv1.nut", Ffmpeg("-i {av.mp4} -t 1 -vf scale=160:90 -c:v ffv1 -c:a pcm_s16le")),
    ("s16.wav", Ffmpeg("-f lavfi -i sine=330:sample_rate=44100:duration=1.5 -ac 2 -c:a pcm_s16le")),
    ("s24.wav", Ffmpeg("-f lavfi -i sine=330:sample_rate=48000:duration=1 -ac 1 -c:a pcm_s24le")),
    ("s16.w64", Ffmpeg("-i {s16.wav} -c:a pcm_s16le")),
    ("s16.rf64", Ffmpeg("-i {s16.wav} -c:a pcm_s16le -f wav -rf64 always")),
    ("s16.caf", Ffmpeg("-i {s16.wav} -c:a pcm_s16be")),
    ("tone.wma", Ffmpeg("-i {s16.wav}")),
    ("tone.ogg", Ffmpeg("-i {s16.wav} -c:a libvorbis")),
    ("picture.jpg", Ffmpeg("-f lavfi -i testsrc2=size=320x240 -frames:v 1 -update 1 -q:v 2")),
    ("picture.png", Ffmpeg("-f lavfi -i testsrc2=size=64x64 -frames:v 1 -update 1")),
    (
        "cover.mp3",
        Ffmpeg(
            "-i {s16.wav} -i {picture.png} -map 0 -map 1 -c:a libmp3lame -b:a 96k -c:v copy -id3v2_version 3 \
             -metadata title=song -disposition:v attached_pic",
        ),
    ),
    (
        "vfr.mkv",
        Ffmpeg(
            "-f lavfi -i testsrc2=size=192x108:rate=50:duration=2 -vf select='not(mod(n\\,3))+lt(n\\,20)' -fps_mode vfr \
             -c:v libx264 -preset ultrafast -pix_fmt yuv420p",
        ),
    ),
    (
        "ntsc.mp4",
        Ffmpeg(
            "-f lavfi -i testsrc2=size=192x108:rate=30000/1001:duration=2 -f lavfi -i sine=440:sample_rate=48000:duration=2 \
             -c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac -ac 2",
        ),
    ),
    (
        "h422p10.mp4",
        Ffmpeg(
            "-f lavfi -i testsrc2=size=192x108:rate=25:duration=1 -c:v libx264 -preset ultrafast -pix_fmt yuv422p10le",
        ),
    ),
    (
        "hevc.mp4",
        Ffmpeg(
            "-f lavfi -i testsrc2=size=192x108:rate=25:duration=1 -c:v libx265 -preset ultrafast \
             -x265-params log-level=error -pix_fmt yuv420p -tag:v hvc1",
        ),
    ),
    (
        "two.mkv",
        Ffmpeg(
            "-i {av.mp4} -f lavfi -i sine=880:sample_rate=44100:duration=2 -map 0:v -map 0:a -map 1:a -c:v copy -c:a aac \
             -metadata:s:a:0 language=eng -metadata:s:a:1 language=deu -disposition:a:1 default",
        ),
    ),
    ("rotated.mp4", Patch("av.mp4", rotate)),
    // Margins that are to be cut off, by the codec's header and by the container's.
    (
        "margins.mp4",
        Ffmpeg(
            "-f lavfi -i testsrc2=size=128x96:rate=25:duration=0.4 -c:v libx264 -preset veryfast -bf 0 -pix_fmt yuv420p \
             -bsf:v h264_metadata=crop_left=6:crop_right=10:crop_top=4:crop_bottom=2",
        ),
    ),
    (
        "wide.mkv",
        Ffmpeg(
            "-f lavfi -i testsrc2=size=128x96:rate=25:duration=0.4 -c:v libx264 -preset veryfast -bf 0 -pix_fmt yuv420p \
             -aspect 2:1 -write_crc32 0",
        ),
    ),
    ("cropped.mkv", Patch("wide.mkv", crop)),
    ("captioned.mkv", Ffmpeg("-i {cam.mp4} -i {sub.srt} -map 0:v -map 1 -c:v copy -c:s srt")),
    ("late-captions.mkv", Ffmpeg("-i {cam.mp4} -itsoffset 2 -i {sub.srt} -map 0 -map 1 -c copy -c:s srt")),
    // Captions that roll up, some of them in one packet.
    (
        "captions.scc",
        Text(
            "Scenarist_SCC V1.0\n\n\
             00:00:01:00\t9425 9425 94ad 94ad 9470 9470 c1c2 c1c2 94ad 94ad 9470 9470 4344 4344 94ad 94ad\n\n\
             00:00:04:00\t9425 9425 94ad 94ad 9470 9470 c1c2 4344 94ad 94ad 4546 94ad 94ad\n\n\
             00:00:08:00\t942c 942c\n\n",
        ),
    ),
    ("preset.txt", Text("# two lines\nb=250000\ng=7\n")),
    ("graph.txt", Text("[0:v]split[a][b];\n[b]hflip[c];\n[a][c]hstack\n")),
    ("chain.txt", Text("hflip,\nvflip\n")),
    (
        "chapters.txt",
        Text(
            ";FFMETADATA1\ntitle=with chapters\nartist=nobody\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=800\ntitle=one\n\
             [CHAPTER]\nTIMEBASE=1/1000\nSTART=800\nEND=2000\ntitle=two\n",
        ),
    ),
    ("chapters.mkv", Ffmpeg("-i {av.mp4} -i {chapters.txt} -map 0 -map_metadata 1 -map_chapters 1 -c copy")),
    ("chapters.mp4", Ffmpeg("-i {av.mp4} -i {chapters.txt} -map 0 -map_metadata 1 -map_chapters 1 -c copy")),
    ("attach.mkv", Ffmpeg("-i {av.mp4} -c copy -attach {sub.srt} -metadata:s:t mimetype=text/plain")),
    ("at100.ts", Ffmpeg("-i {av.mp4} -c copy -output_ts_offset 100")),
    ("at10.ts", Ffmpeg("-i {av.mp4} -c copy -output_ts_offset 10")),
    ("backward.ts", JoinTs(&["at100.ts", "at10.ts"])),
    ("forward.ts", JoinTs(&["at10.ts", "at100.ts"])),
    ("wrap.ts", Ffmpeg("-i {av.mp4} -c copy -output_ts_offset 95441.4")),
    (
        "longaudio.mp4",
        Ffmpeg("-i {video.mp4} -f lavfi -i sine=440:sample_rate=44100:duration=2.5 -c:v copy -c:a aac -ac 2"),
    ),
    (
        "shortaudio.mp4",
        Ffmpeg("-i {video.mp4} -f lavfi -i sine=440:sample_rate=44100:duration=1.5 -c:v copy -c:a aac -ac 2"),
    ),
    ("latevideo.mkv", Ffmpeg("-i {s16.wav} -itsoffset 0.8 -i {video.mp4} -map 1:v -map 0:a -c:v copy -c:a aac")),
    ("video.h264", Ffmpeg("-i {video.mp4} -c copy -bsf:v h264_mp4toannexb")),
    (
        "small.h264",
        Ffmpeg(
            "-f lavfi -i testsrc2=size=192x108:rate=25:duration=1 -c:v libx264 -preset veryfast -bf 2 -pix_fmt yuv420p",
        ),
    ),
    ("little0.m2v", Ffmpeg("-f lavfi -i testsrc2=size=64x48:rate=25:duration=0.4 -c:v mpeg2video")),
    ("little1.m2v", Ffmpeg("-f lavfi -i testsrc2=size=96x64:rate=25:duration=0.4 -c:v mpeg2video")),
    ("resizelittle.m2v", Join(&["little0.m2v", "little1.m2v"])),
    ("resize.h264", Join(&["video.h264", "small.h264"])),
    ("resize0.ts", Ffmpeg("-i {video.mp4} -c copy -muxdelay 0")),
    ("resize1.ts", Ffmpeg("-r 25 -i {small.h264} -c:v libx264 -preset veryfast -muxdelay 0 -output_ts_offset 2")),
    ("resize.ts", JoinTs(&["resize0.ts", "resize1.ts"])),
    (
        "odd.mkv",
        Ffmpeg("-f lavfi -i testsrc2=size=161x91:rate=25:duration=1 -c:v libx264 -preset ultrafast -pix_fmt yuv444p"),
    ),
    ("pal.gif", Ffmpeg("-f lavfi -i testsrc2=size=96x64:rate=10:duration=1")),
    ("pics", Folder("-f lavfi -i testsrc2=size=96x64:rate=10:duration=1", "%03d.png")),
    ("raw.yuv", Ffmpeg("-f lavfi -i testsrc2=size=64x48:rate=10:duration=1 -pix_fmt yuv420p -f rawvideo")),
    ("raw.pcm", Ffmpeg("-i {s16.wav} -f s16le")),
    ("surround.mp4", Ffmpeg("-i {bbb} -t 1 -vf scale=192:108 -c:v libx264 -preset ultrafast -c:a copy")),
    (
        "interlaced.mkv",
        Ffmpeg(
            "-f lavfi -i testsrc2=size=192x108:rate=50:duration=1 -vf interlace,setfield=tff -c:v libx264 \
             -preset ultrafast -flags +ildct+ilme -pix_fmt yuv420p",
        ),
    ),
    // What Vulkan decodes by its compute shaders, as even drivers without a GPU have them.
    (
        "ffv1.mkv",
        Ffmpeg(
            "-f lavfi -i testsrc2=size=192x108:rate=25:duration=1 -f lavfi -i sine=440:sample_rate=44100:duration=1 \
             -c:v ffv1 -level 3 -g 1 -slices 4 -pix_fmt yuv420p -c:a pcm_s16le",
        ),
    ),
    (
        "ffv1ten.mkv",
        Ffmpeg(
            "-f lavfi -i testsrc2=size=128x72:rate=25:duration=1 -c:v ffv1 -level 3 -g 1 -slices 4 -coder 1 \
             -pix_fmt yuv422p10le",
        ),
    ),
    // Tiny ones, for tests with hundreds of variants.
    (
        "tiny.mp4",
        Ffmpeg(
            "-f lavfi -i testsrc2=size=128x72:rate=25:duration=1.2 -f lavfi -i sine=440:sample_rate=44100:duration=1.2 \
             -c:v libx264 -preset veryfast -bf 2 -g 10 -pix_fmt yuv420p -c:a aac -ac 1 -b:a 48k",
        ),
    ),
    // A program stream, whose packets begin anywhere within frames of sound.
    ("tiny.mpg", Ffmpeg("-i {tiny.mp4} -c:v mpeg2video -g 12 -c:a ac3")),
    // 0 to 0.8 s and 1.2 to 1.8 s of it, as what trims without encoding writes it; the second edit begins between keyframes.
    ("edits.mp4", Edit("av.mp4", &[&[(800, 1024), (600, 1024 + 15_360)], &[(800, 1024), (600, 1024 + 52_920)]])),
    // A keyframe twice a second.
    ("gop.mp4", Ffmpeg("-i {av.mp4} -c:v libx264 -preset veryfast -bf 2 -g 12 -c:a copy")),
    ("gop.ts", Ffmpeg("-i {gop.mp4} -c copy")),
    // Pictures that are reordered, in containers that do not tell when they are shown.
    ("gop.avi", Ffmpeg("-i {gop.mp4} -c copy")),
    ("gop.h264", Ffmpeg("-i {gop.mp4} -c:v copy")),
    (
        "gop5.mp4",
        Ffmpeg("-i {av.mp4} -an -c:v libx265 -preset ultrafast -x265-params log-level=none:bframes=3:keyint=20"),
    ),
    ("gop.hevc", Ffmpeg("-i {gop5.mp4} -c:v copy")),
    ("gop4.mp4", Ffmpeg("-i {av.mp4} -c:v mpeg4 -bf 2 -g 12 -c:a copy")),
    ("gop4.avi", Ffmpeg("-i {gop4.mp4} -c copy")),
    ("gop2.mp4", Ffmpeg("-i {av.mp4} -an -c:v mpeg2video -bf 2 -g 12")),
    ("gop2.m2v", Ffmpeg("-i {gop2.mp4} -c:v copy")),
    // Containers without decoding times, whose clock starts over; and with a second of them where another one is told.
    ("gop.mkv", Ffmpeg("-i {gop.mp4} -c copy")),
    ("twice.mkv", Join(&["gop.mkv", "gop.mkv"])),
    ("clusterback.mkv", Patch("gop.mkv", set_back_a_cluster)),
    // A picture whose time is another one.
    ("gop.flv", Ffmpeg("-i {gop.mp4} -c copy")),
    ("astray.flv", Patch("gop.flv", lead_a_picture_astray)),
    ("astray.ts", Patch("gop.ts", lead_sound_astray)),
    ("tinyfast.mp4", Ffmpeg("-i {tiny.mp4} -c copy -movflags +faststart")),
    ("tiny.mkv", Ffmpeg("-i {tiny.mp4} -c copy")),
    ("tiny.flv", Ffmpeg("-i {tiny.mp4} -c copy")),
    ("tiny.ts", Ffmpeg("-i {tiny.mp4} -c copy")),
    ("tiny.avi", Ffmpeg("-i {tiny.mp4} -c:v mpeg4 -g 10 -c:a libmp3lame -ar 44100")),
    ("tiny.y4m", Ffmpeg("-i {tiny.mp4} -an")),
    ("tiny.aac", Ffmpeg("-i {tiny.mp4} -vn -c copy")),
    ("tiny.ac3", Ffmpeg("-i {tiny.mp4} -vn")),
    ("tiny.eac3", Ffmpeg("-i {tiny.mp4} -vn")),
    ("tiny.dts", Ffmpeg("-i {tiny.mp4} -vn -c:a dca -strict experimental")),
    ("tiny.mp2", Ffmpeg("-i {tiny.mp4} -vn")),
    ("tiny.mp3", Ffmpeg("-i {tiny.mp4} -vn -c:a libmp3lame -ar 44100 -write_xing 0 -id3v2_version 0")),
    ("tiny.voc", Ffmpeg("-i {tiny.mp4} -vn -c:a pcm_s16le")),
    ("tiny.sox", Ffmpeg("-i {tiny.mp4} -vn -c:a pcm_s32le")),
    ("tiny.dv", Ffmpeg("-i {tiny.mp4} -t 0.4 -an -target pal-dv")),
    ("tiny.nut", Ffmpeg("-i {tiny.mp4} -c copy")),
    ("tiny.m2ts", Ffmpeg("-i {tiny.mp4} -c copy")),
    // Its pictures end half a second before its sound.
    ("late.flv", Ffmpeg("-t 0.6 -i {tiny.mp4} -i {tiny.mp4} -map 0:v -map 1:a -c copy")),
    // Its demuxer calls it an error that nothing follows the last packet.
    ("tiny.smjpeg", Ffmpeg("-i {tiny.mp4} -c:v mjpeg -pix_fmt yuvj420p -c:a pcm_s16le -f smjpeg")),
];

/// The path of a medium, made when it is not there yet. For a folder: the pattern inside it.
pub fn path(name: &str) -> PathBuf {
    if name == "bbb" {
        return Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/bbb.mp4");
    }
    let (_, recipe) = RECIPES.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("no medium {name}"));
    let file = folder().join(format!("{:016x}-{name}", fingerprint(name)));
    // One thread makes it, the others of this process wait for it.
    static MAKING: OnceLock<Mutex<HashMap<String, Arc<Mutex<()>>>>> = OnceLock::new();
    let gate = Arc::clone(MAKING.get_or_init(Mutex::default).lock().unwrap().entry(name.into()).or_default());
    {
        let _one = gate.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !file.exists() {
            make(recipe, name, &file);
        }
    }
    match recipe {
        Folder(_, pattern) => file.join(pattern),
        _ => file,
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("test-media")
}

/// Where the boxes of an MP4 file are that lie between two places: name, beginning, end.
fn boxes(bytes: &[u8], (mut at, end): (usize, usize)) -> Vec<(Vec<u8>, usize, usize)> {
    let mut found = Vec::new();
    while at < end {
        let size = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        found.push((bytes[at + 4..at + 8].to_vec(), at, at + size));
        at += size;
    }
    found
}

/// Gives a track of an MP4 file another edit list.
fn set_edits(bytes: &mut Vec<u8>, track: usize, edits: &[(u32, u32)]) {
    let inside = |bytes: &[u8], name: &[u8], (from, to): (usize, usize), nth: usize| {
        let all = boxes(bytes, (from, to));
        let (_, from, to) = all.into_iter().filter(|(kind, ..)| kind == name).nth(nth).unwrap();
        (from, to)
    };
    let header = inside(bytes, b"moov", (0, bytes.len()), 0);
    // Of the film's own clock, which edits are counted in.
    let film = inside(bytes, b"mvhd", (header.0 + 8, header.1), 0).0;
    let per_second = u32::from_be_bytes(bytes[film + 20..film + 24].try_into().unwrap());
    let of_track = inside(bytes, b"trak", (header.0 + 8, header.1), track);
    let old = inside(bytes, b"edts", (of_track.0 + 8, of_track.1), 0);
    let count = u32::try_from(edits.len()).unwrap();
    let mut new = Vec::new();
    let mut word = |bytes: &[u8]| new.extend_from_slice(bytes);
    word(&(24 + 12 * count).to_be_bytes());
    word(b"edts");
    word(&(16 + 12 * count).to_be_bytes());
    word(b"elst\0\0\0\0");
    word(&count.to_be_bytes());
    for (milliseconds, begins) in edits {
        let length = u32::try_from(u64::from(*milliseconds) * u64::from(per_second) / 1000).unwrap();
        [&length, begins, &0x1_0000].into_iter().for_each(|number| word(&number.to_be_bytes()));
    }
    let grown = new.len() + old.0 - old.1;
    bytes.splice(old.0..old.1, new);
    for (from, to) in [of_track, header] {
        let size = u32::try_from(to - from + grown).unwrap();
        bytes[from..from + 4].copy_from_slice(&size.to_be_bytes());
    }
}

/// FNV-1a over the recipe and those of the media it is made of.
fn fingerprint(name: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    let Some((_, recipe)) = RECIPES.iter().find(|(known, _)| *known == name) else { return 0 };
    // Raised when what a recipe does with its words changes.
    add(&[3]);
    match recipe {
        Ffmpeg(line) | Folder(line, _) => {
            add(line.as_bytes());
            for part in line.split('{').skip(1) {
                add(&fingerprint(part.split('}').next().unwrap()).to_le_bytes());
            }
        }
        Join(names) | JoinTs(names) => names.iter().for_each(|name| add(&fingerprint(name).to_le_bytes())),
        Text(text) => add(text.as_bytes()),
        Patch(name, _) => add(&fingerprint(name).to_le_bytes()),
        Edit(name, tracks) => {
            add(&fingerprint(name).to_le_bytes());
            add(format!("{tracks:?}").as_bytes());
        }
    }
    hash
}

fn make(recipe: &Recipe, name: &str, file: &Path) {
    fs::create_dir_all(folder()).unwrap();
    let scratch = tempfile::tempdir_in(folder()).unwrap();
    let new = scratch.path().join(name);
    match recipe {
        Ffmpeg(line) => ffmpeg(line, &new),
        Folder(line, pattern) => {
            fs::create_dir(&new).unwrap();
            ffmpeg(line, &new.join(pattern));
        }
        Join(names) => fs::write(&new, joined(names)).unwrap(),
        JoinTs(names) => {
            let mut bytes = joined(names);
            number_through(&mut bytes);
            fs::write(&new, bytes).unwrap();
        }
        Text(text) => fs::write(&new, text).unwrap(),
        Edit(name, tracks) => {
            let mut bytes = fs::read(path(name)).unwrap();
            tracks.iter().enumerate().for_each(|(track, edits)| set_edits(&mut bytes, track, edits));
            fs::write(&new, bytes).unwrap();
        }
        Patch(name, change) => {
            let mut bytes = fs::read(path(name)).unwrap();
            change(&mut bytes);
            fs::write(&new, bytes).unwrap();
        }
    }
    if fs::rename(&new, file).is_err() {
        // Another process was first with a folder; what it made is the same.
        assert!(file.exists(), "{} cannot be put in its place", file.display());
    }
}

fn ffmpeg(line: &str, output: &Path) {
    let mut args = words(&format!("-nostdin -y -hide_banner -v error {line}"));
    args.push(output.to_str().unwrap().into());
    let run = run(Path::new("ffmpeg"), &args, Path::new("."), Duration::from_secs(120));
    assert!(run.code() == Some(0), "ffmpeg cannot make {}: {}", output.display(), run.tail());
}

/// Gives the third cluster of a Matroska file the time of its first one.
fn set_back_a_cluster(bytes: &mut [u8]) {
    const CLUSTER: [u8; 4] = [0x1f, 0x43, 0xb6, 0x75];
    const TIMESTAMP: u8 = 0xe7;
    let third = bytes.windows(4).enumerate().filter(|(_, four)| *four == CLUSTER).map(|(at, _)| at).nth(2).unwrap();
    let time = third + bytes[third..].iter().position(|byte| *byte == TIMESTAMP).unwrap();
    let length = usize::from(bytes[time + 1] & 0x7f);
    bytes[time + 2..time + 2 + length].fill(0);
}

/// Moves the thirtieth picture of an FLV file on by 2^19 milliseconds.
fn lead_a_picture_astray(bytes: &mut [u8]) {
    let (mut at, mut pictures) = (9 + 4, 0);
    loop {
        let size = bytes[at + 1..at + 4].iter().fold(0, |size, byte| size << 8 | usize::from(*byte));
        pictures += usize::from(bytes[at] == 9);
        if pictures == 30 {
            bytes[at + 4] ^= 0x08;
            return;
        }
        at += 11 + size + 4;
    }
}

/// Moves the frames of sound that the fourth packet of PES of it holds on by almost six seconds (2^19 ticks).
fn lead_sound_astray(bytes: &mut [u8]) {
    let begins = |packet: &[u8]| {
        let payload = if packet[3] & 0x20 == 0 { 4 } else { 5 + usize::from(packet[4]) };
        (packet[1] & 0x40 != 0 && packet[payload..].starts_with(&[0, 0, 1, 0xc0])).then_some(payload)
    };
    let found = bytes.chunks_exact(188).enumerate().filter_map(|(n, packet)| Some(n * 188 + begins(packet)?)).nth(3);
    // The time's five bytes stand behind nine of the header: 3, 8, 7, 8 and 7 bits, each but the first two with a mark behind.
    bytes[found.unwrap() + 9 + 2] ^= 0x20;
}

fn joined(names: &[&str]) -> Vec<u8> {
    names.iter().flat_map(|name| fs::read(path(name)).unwrap()).collect()
}

/// Sets the continuity counters of a transport stream, so that no packet seems lost.
fn number_through(ts: &mut [u8]) {
    let mut next: HashMap<[u8; 2], u8> = HashMap::new();
    for packet in ts.chunks_exact_mut(188) {
        let counter = next.entry([packet[1] & 0x1f, packet[2]]).or_default();
        // A packet without payload repeats the counter.
        let payload = packet[3] & 0x10 != 0;
        packet[3] = (packet[3] & 0xf0) | if payload { *counter } else { counter.wrapping_sub(1) & 0x0f };
        *counter = (*counter + u8::from(payload)) & 0x0f;
    }
}

/// Turns the picture of an mp4 by 90 degrees, in the matrix of its first track header.
fn rotate(mp4: &mut [u8]) {
    let header = mp4.windows(4).position(|four| four == b"tkhd").unwrap();
    let matrix: [u32; 9] = [0, 0x1_0000, 0, 0xffff_0000, 0, 0, 0x1_0000 * 180, 0, 0x4000_0000];
    for (index, value) in matrix.iter().enumerate() {
        let at = header + 4 + 40 + index * 4;
        mp4[at..at + 4].copy_from_slice(&value.to_be_bytes());
    }
}

/// Lets a Matroska file cut off 16 pixels at the left and 12 at the top, in place of telling how wide it is shown.
fn crop(mkv: &mut [u8]) {
    // DisplayWidth and DisplayHeight become PixelCropLeft and PixelCropTop; each has one byte of two digits.
    for (from, to) in [([0x54, 0xb0, 0x81], [0x54, 0xcc, 0x81, 16]), ([0x54, 0xba, 0x81], [0x54, 0xbb, 0x81, 12])] {
        let at = mkv.windows(3).position(|three| three == from).unwrap();
        mkv[at..at + 4].copy_from_slice(&to);
    }
}

/// A generator of numbers that are the same in every run (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }
}
