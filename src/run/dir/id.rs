//! Ids of runs.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::run::disk::display;

/// Maximum length of an id.
const MAX_LEN: usize = 64;

/// The id of a run and the name of its directory, such as `20261124-063012-swift-otter`: the UTC time of its creation,
/// so that ids sort by time, and two words that people can remember.
///
/// Any id has 1 to 64 of the characters `a-z`, `0-9` and `-` and does not begin with `-`: it cannot leave the runs
/// directory, hide in it, or be taken for a flag.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(String);

/// An invalid [`RunId`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "'{}' is not a run id; an id has 1 to 64 of the characters a-z, 0-9 and -, and does not begin with -",
    display(text)
)]
pub struct IdError {
    /// The invalid id.
    pub text: String,
}

impl RunId {
    /// The id of a run that is created at `time`. The two words follow from `seed`.
    pub fn new(time: Timestamp, seed: u64) -> Self {
        let stamp = time.strftime("%Y%m%d-%H%M%S");
        let mixed = mix(seed);
        let adjective = pick(&ADJECTIVES, mixed >> 32);
        let animal = pick(&ANIMALS, mixed & 0xffff_ffff);
        Self(format!("{stamp}-{adjective}-{animal}"))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id without its time, such as `swift-otter`; the whole id if it does not begin with a time.
    pub fn name(&self) -> &str {
        let mut parts = self.0.splitn(3, '-');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(date), Some(time), Some(name))
                if is_number(date, 8) && is_number(time, 6) && !name.is_empty() =>
            {
                name
            }
            _ => &self.0,
        }
    }
}

impl FromStr for RunId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for RunId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        let plain = text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if plain && !text.is_empty() && text.len() <= MAX_LEN && !text.starts_with('-') {
            Ok(Self(text))
        } else {
            Err(IdError { text })
        }
    }
}

impl From<RunId> for String {
    fn from(id: RunId) -> Self {
        id.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Whether `text` is exactly `digits` decimal digits.
fn is_number(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| b.is_ascii_digit())
}

/// Spreads neighbouring seeds over all 64 bits (the finalizer of `SplitMix64`).
const fn mix(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The word of a table at `number`, modulo its length.
fn pick<const N: usize>(words: &[&'static str; N], number: u64) -> &'static str {
    usize::try_from(number % N as u64).ok().and_then(|index| words.get(index)).copied().unwrap_or("quiet")
}

/// First words of generated names.
const ADJECTIVES: [&str; 48] = [
    "amber", "ancient", "bold", "brave", "bright", "calm", "clever", "cosmic", "crisp", "curious", "dapper",
    "eager", "early", "fair", "fleet", "gentle", "golden", "grand", "happy", "hidden", "honest", "humble",
    "jolly", "keen", "kind", "lively", "lucky", "lunar", "mellow", "merry", "nimble", "noble", "patient",
    "plucky", "proud", "quick", "quiet", "rapid", "silver", "steady", "stout", "sunny", "swift", "tidy",
    "vivid", "warm", "wise", "witty",
];

/// Second words of generated names.
const ANIMALS: [&str; 48] = [
    "badger", "bat", "beaver", "bison", "bobcat", "crane", "crow", "dolphin", "eagle", "egret", "falcon",
    "ferret", "finch", "fox", "gecko", "gull", "hare", "hawk", "heron", "ibex", "jackal", "jay", "koala",
    "lark", "lemur", "lynx", "magpie", "marmot", "marten", "mole", "moose", "newt", "ocelot", "orca",
    "osprey", "otter", "owl", "panda", "puffin", "raven", "robin", "seal", "shrew", "stork", "swan", "tapir",
    "wombat", "wren",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn an_id_is_its_time_and_two_words() {
        let id = RunId::new(at(1_795_501_812), 1);
        assert!(id.as_str().starts_with("20261124-063012-"), "{id}");
        assert_eq!(id.name(), &id.as_str()[16..]);
        assert_eq!(id.name().split('-').count(), 2);
        assert_eq!(RunId::new(at(1_795_501_812), 1), id);
        assert_ne!(RunId::new(at(1_795_501_812), 2), id);
    }

    #[test]
    fn an_id_without_a_time_is_its_name() {
        for (id, name) in [
            ("lecture", "lecture"),
            ("a-b-c", "a-b-c"),
            ("20261124-063012", "20261124-063012"),
            ("20261124-063012-", "20261124-063012-"),
            ("20261124-063012-a-b-c", "a-b-c"),
        ] {
            assert_eq!(id.parse::<RunId>().unwrap().name(), name);
        }
    }

    #[test]
    fn no_id_leaves_the_directory() {
        let long = "a".repeat(65);
        for text in ["", ".", "..", "a/b", "/", "-rf", "A", "a b", "ä", "a\0", "a\u{1b}", &long] {
            assert_eq!(text.parse::<RunId>().unwrap_err().text, text);
            assert!(serde_json::from_value::<RunId>(text.into()).is_err());
        }
        assert!(long[..64].parse::<RunId>().is_ok());
    }

    #[test]
    fn all_words_are_used_and_differ() {
        let mut words: Vec<&str> = ADJECTIVES.iter().chain(&ANIMALS).copied().collect();
        let names: Vec<String> = (0..4000).map(|seed| RunId::new(at(0), seed).name().to_owned()).collect();
        let names = names.join(" ");
        assert!(words.iter().all(|word| names.contains(word)));
        words.sort_unstable();
        assert!(words.windows(2).all(|pair| pair[0] != pair[1]));
    }

    proptest! {
        #[test]
        fn ids_sort_by_time_and_are_valid(a in 0_i64..9_999_999_999, later in 1_i64..1_000_000, seed in any::<u64>()) {
            let (first, second) = (RunId::new(at(a), seed), RunId::new(at(a + later), !seed));
            prop_assert!(first < second);
            prop_assert_eq!(first.as_str().parse(), Ok(first.clone()));
        }
    }
}
