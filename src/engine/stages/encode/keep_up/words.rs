//! What a keeper tells: how fast the encoder is, what is done about it, and what the user could do.

use super::{Keeper, WORKS_PERCENT};
use crate::engine::journal::{Event, EventKind};
use crate::timing::{Change, Measure, Remedy, Review};
use crate::unit::tenths;

impl Keeper {
    /// What limits, and what to do about it.
    pub(super) fn advice(&self, review: &Review) -> String {
        if review.busy_percent < WORKS_PERCENT {
            let busy = review.busy_percent;
            return format!(
                "the encoder works for {busy} % of the time: limited by decoding, filters or what takes the output; try a lower -r or -s"
            );
        }
        if self.plan.acts {
            return "nothing more can be done against it; try a smaller picture (-s), a lower -r, or another encoder"
                .to_owned();
        }
        let presets = &self.plan.faster_presets;
        let smaller = "a smaller picture (-s)";
        let try_this = match (review.remedy, presets.first(), presets.last()) {
            (Remedy::Preset(steps, percent), ..) => {
                let (name, (whole, tenths)) = (self.preset(steps), (percent / 100, percent % 100 / 10));
                format!("-preset {}, which would hold about {whole}.{tenths}x here", name.unwrap_or_default())
            }
            (Remedy::Unknown, Some(next), _) => format!("-preset {} or a faster one", next.name),
            (Remedy::NoPreset, _, Some(fastest)) => format!("-preset {} with {smaller}", fastest.name),
            (_, None, _) | (_, _, None) => smaller.to_owned(),
        };
        format!("limited by the encoder; try {try_this}, a lower -r, or -keep_up")
    }

    pub(super) fn sentence(&self, change: &Change) -> String {
        let before = self.parts(change.from);
        let mut parts = self.parts(change.to);
        if change.relief {
            let now = parts.pop().unwrap_or_else(|| "every frame is encoded".to_owned());
            return format!("there is room again: {now}");
        }
        parts.retain(|part| !before.contains(part));
        parts.join(", ")
    }

    /// What a measure consists of.
    fn parts(&self, measure: Measure) -> Vec<String> {
        let half = || "every second frame is left out".to_owned();
        let faster = |name: &str| format!("the encoder goes on with -preset {name}");
        match measure {
            Measure::Nothing => Vec::new(),
            Measure::DropEvenly => vec!["some frames are left out, evenly".to_owned()],
            Measure::HalfRate => vec![half()],
            Measure::Faster(steps) => vec![half(), faster(self.preset(steps).unwrap_or_default())],
            Measure::Smaller(quarters) => {
                let mut parts = vec![half()];
                parts.extend(self.plan.faster_presets.last().map(|preset| faster(preset.name)));
                parts.push(format!("the picture is scaled to {quarters}/4 of its width and height"));
                parts
            }
        }
    }

    fn preset(&self, steps: usize) -> Option<&'static str> {
        Some(self.plan.faster_presets.get(steps.checked_sub(1)?)?.name)
    }

    /// `given_up`: frames that were with the encoder when it was left.
    pub(super) fn tell(&self, review: &Review, mut what: String, given_up: Option<u64>) {
        let times = |percent: i64| format!("{}.{:02}x of real time", percent / 100, percent % 100);
        let speed = match review.speed_percent {
            None => "encoding slower than real time, no picture is out yet".to_owned(),
            Some(_) if review.busy_percent < WORKS_PERCENT && review.change.is_none() => {
                format!("pictures come at {}", times(review.pace_percent))
            }
            Some(percent) => format!("encoding at {}", times(percent)),
        };
        let late = tenths(review.late_us);
        let mut figures: Vec<_> = review.speed_percent.map(|percent| ("speed_percent", percent)).into_iter().collect();
        figures.extend([
            ("pace_percent", review.pace_percent),
            ("late_us", review.late_us),
            ("busy_percent", review.busy_percent),
        ]);
        if let Some(frames) = given_up.filter(|frames| *frames > 0) {
            what += &format!(" ({frames} frames that it still had are given up)");
            figures.push(("given_up", i64::try_from(frames).unwrap_or(i64::MAX)));
        }
        self.journal.tell(&Event {
            kind: EventKind::KeepUp,
            subject: self.subject.clone(),
            text: format!("{}: {speed}, {late} late: {what}", self.subject.url),
            figures,
        });
    }
}
