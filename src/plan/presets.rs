//! What the presets of x264 and x265 cost, and how far they look ahead.

/// A preset of x264 and x265.
pub(super) struct Preset {
    /// Its name.
    pub(super) name: &'static str,
    /// Frames that it looks ahead.
    pub(super) look_ahead: [i64; 2],
    /// B-frames in a row at the most (x264).
    pub(super) b_frames: i64,
    /// Processor time for the same pictures, the medium one taking 100.
    ///
    /// Measured on two cores with 120 (x264) and 60 (x265) pictures of 1280x720 of `assets/bbb.mp4`, decoded and encoded to
    /// nothing by `ffmpeg -benchmark`, with the decoder's time taken off. Other pictures give other figures.
    pub(super) cost: [i64; 2],
}

const fn preset(name: &'static str, look_ahead: [i64; 2], b_frames: i64, cost: [i64; 2]) -> Preset {
    Preset { name, look_ahead, b_frames, cost }
}

/// The fastest first; of two figures the first is x264's, the second x265's.
pub(super) const PRESETS: [Preset; 10] = [
    preset("ultrafast", [0, 5], 0, [13, 37]),
    preset("superfast", [0, 10], 3, [28, 55]),
    preset("veryfast", [10, 15], 3, [40, 65]),
    preset("faster", [20, 15], 3, [71, 74]),
    preset("fast", [30, 15], 3, [91, 97]),
    preset("medium", [40, 20], 3, [100, 100]),
    preset("slow", [50, 25], 3, [141, 270]),
    preset("slower", [60, 40], 3, [258, 1350]),
    preset("veryslow", [60, 40], 8, [590, 2400]),
    preset("placebo", [60, 60], 16, [2140, 5600]),
];
/// The preset in use when none is named.
const DEFAULT_PRESET: &str = "medium";

/// Which figures of a preset are an encoder's.
pub(super) fn figures_of(encoder: &str) -> Option<usize> {
    match encoder {
        "libx264" | "libx264rgb" => Some(0),
        "libx265" => Some(1),
        _ => None,
    }
}

/// What an encoder is told of something.
pub(super) fn option<'a>(options: &'a [(String, String)], name: &str) -> Option<&'a str> {
    options.iter().rfind(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// The place of the preset in use.
pub(super) fn in_use(options: &[(String, String)]) -> Option<usize> {
    let named = option(options, "preset").unwrap_or(DEFAULT_PRESET);
    PRESETS.iter().position(|preset| preset.name == named)
}

/// The processor time that an encoder takes with its options, that of its medium preset being 100; `None` where it is not known.
pub(super) fn cost(encoder: &str, options: &[(String, String)]) -> Option<i64> {
    Some(PRESETS[in_use(options)?].cost[figures_of(encoder)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_preset_takes_less_time_than_the_slower_one() {
        for figures in [0, 1] {
            assert!(PRESETS.windows(2).all(|pair| pair[0].cost[figures] < pair[1].cost[figures]));
            assert!(PRESETS.windows(2).all(|pair| pair[0].look_ahead[figures] <= pair[1].look_ahead[figures]));
        }
    }

    #[test]
    fn what_an_encoder_costs_is_known_by_its_preset() {
        let preset = |name: &str| [("preset".to_owned(), name.to_owned())];
        assert_eq!(cost("libx264", &[]), Some(100));
        assert_eq!(cost("libx264", &preset("veryfast")), Some(40));
        assert_eq!(cost("libx265", &preset("veryfast")), Some(65));
        assert_eq!(cost("libx264", &preset("fastest")), None);
        assert_eq!(cost("mpeg4", &[]), None);
    }
}
