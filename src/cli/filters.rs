//! Spots filter arguments that mean something else than they look like.

/// A `setdar` or `setsar` whose ratio is written with a colon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColonRatio {
    /// As typed, e.g. `setdar=4:3`.
    pub typed: String,
    /// As it was meant, e.g. `setdar=4/3`.
    pub meant: String,
}

/// Finds `setdar=4:3` and its like, which libavfilter reads as the ratio 4 with `max` 3; also gives the text with them mended.
pub fn colon_ratios(filtergraph: &str) -> (Vec<ColonRatio>, String) {
    let mut found = Vec::new();
    let mut mended = String::with_capacity(filtergraph.len());
    for piece in filtergraph.split_inclusive([',', ';', ']', '[']) {
        let body = piece.trim_end_matches([',', ';', ']', '[']);
        match colon_ratio(body) {
            Some((ratio, meant_body)) => {
                found.push(ratio);
                mended.push_str(&meant_body);
                mended.push_str(&piece[body.len()..]);
            }
            None => mended.push_str(piece),
        }
    }
    (found, mended)
}

fn colon_ratio(body: &str) -> Option<(ColonRatio, String)> {
    let (name, arguments) = body.split_once('=')?;
    let name_only = name.trim();
    let (name_only, _) = name_only.split_once('@').unwrap_or((name_only, ""));
    if !matches!(name_only, "setdar" | "setsar") {
        return None;
    }
    let bare = arguments.trim().trim_matches('\'');
    let (key, ratio) = match bare.split_once('=') {
        Some((key, ratio)) => (Some(key), ratio),
        None => (None, bare),
    };
    if key.is_some_and(|key| !matches!(key, "dar" | "sar" | "ratio" | "r")) {
        return None;
    }
    let (num, den) = ratio.split_once(':')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(num) || !digits(den) {
        return None;
    }
    let typed = format!("{}={}", name.trim(), arguments.trim());
    let meant = typed.replace(&format!("{num}:{den}"), &format!("{num}/{den}"));
    let meant_body = body.replace(&typed, &meant);
    Some((ColonRatio { typed, meant }, meant_body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_with_a_colon_is_found_and_mended() {
        let cases = [
            ("scale=320:240,setdar=4:3", "scale=320:240,setdar=4/3"),
            ("setsar=1:1", "setsar=1/1"),
            ("[in] setdar=16:9 [out];[out]setsar=1:1,null", "[in] setdar=16/9 [out];[out]setsar=1/1,null"),
            ("setdar=dar=4:3", "setdar=dar=4/3"),
            ("setdar@x='4:3'", "setdar@x='4/3'"),
        ];
        for (typed, meant) in cases {
            let (found, mended) = colon_ratios(typed);
            assert!(!found.is_empty(), "{typed}");
            assert_eq!(mended, meant);
        }
        for fine in
            ["setdar=4/3", "setdar=16/9:100", "scale=4:3", "setdar=1.5:100", "setdar=4\\:3", "", "setdar", "setdar=:"]
        {
            assert_eq!(colon_ratios(fine), (Vec::new(), fine.to_owned()), "{fine}");
        }
    }
}
