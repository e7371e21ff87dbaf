//! The table of settings.
//!
//! A row declares everything about a setting: its names, storage, default and range, and whether it can change during
//! training. [`RunConfig`] and [`Change`] are generated from the rows. Through [`Setting`](super::Setting), so are the
//! options of the command line, `[train]` of `config.toml`, forms, sweeps, forks and fields.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::device::DeviceChoice;
use super::error::ConfigError;
use super::kind::ValueKind::{self, Device, Fraction, Integer, Number, Path, Positive, Preset, Word};
use super::optimizer::OptimizerSettings;
use super::schedule::Schedule;
use super::value::{SettingType, SettingValue};
use crate::run::disk::{Extra, sanitize};

/// A row of the table.
pub(super) struct SettingRow {
    /// The name of its flag.
    pub(super) name: &'static str,
    /// Its key in files: the name with `_` for `-`.
    pub(super) key: &'static str,
    /// A short description.
    pub(super) help: &'static str,
    /// The kind of its values.
    pub(super) kind: ValueKind,
    /// Placeholder for the value in help.
    pub(super) value_name: &'static str,
    /// Other names.
    pub(super) aliases: &'static [&'static str],
    /// What applies if it is unset; `None` if it always has a value.
    pub(super) unset: Option<&'static str>,
    /// Whether a learning-rate range test depends on it.
    pub(super) in_range_test: bool,
    /// Whether runs that differ in it are no repetitions of each other.
    pub(super) in_recipe: bool,
    /// How it is stored.
    pub(super) storage: Storage,
    /// How it is stored in a change; `None` if it cannot change during training.
    pub(super) change: Option<ChangeStorage>,
}

/// How a setting is read from a config and written to it.
pub(super) struct Storage {
    /// Returns `None` if the optimizer has no such setting.
    pub(super) get: fn(&RunConfig) -> Option<SettingValue>,
    pub(super) set: fn(&mut RunConfig, &SettingValue) -> Result<(), NotStored>,
    /// Checks beyond the range.
    pub(super) validate: fn(&RunConfig, &'static str) -> Result<(), ConfigError>,
}

/// Why a value was not stored.
pub(super) enum NotStored {
    /// The type of the setting cannot hold it.
    Mismatch,
    /// The optimizer has no such setting.
    NotApplicable,
}

/// How a setting is read from a change and written to it.
pub(super) struct ChangeStorage {
    pub(super) get: fn(&Change) -> Option<SettingValue>,
    /// Returns `None` if the type of the setting cannot hold the value.
    pub(super) set: fn(&mut Change, &SettingValue) -> Option<()>,
    /// Copies the value from an earlier change unless this one has a value.
    pub(super) fill: fn(&mut Change, &Change),
}

/// The columns of a row that mostly have defaults.
#[derive(Clone, Copy)]
struct Columns {
    kind: ValueKind,
    value_name: &'static str,
    aliases: &'static [&'static str],
    unset: Option<&'static str>,
    in_range_test: bool,
    in_recipe: bool,
}

impl Columns {
    const fn new(kind: ValueKind, value_name: &'static str) -> Self {
        Self { kind, value_name, aliases: &[], unset: None, in_range_test: true, in_recipe: true }
    }
}

/// Declares [`RunConfig`], [`Change`] and the rows from the table below.
///
/// ```text
/// /// <help>
/// "<name>" <field>: <type> = <default> [, change: <type>] => <columns>;        a field of RunConfig
/// "<name>" <optimizers> { <field> } [, change: <type>] => <columns>;           a field of OptimizerSettings
/// ```
///
/// Settings of the optimizer are in a block of their own, since `RunConfig` has one field for all of them. Changeable
/// settings may have a `#[cfg]`.
macro_rules! settings {
    (
        $(
            #[doc = $help1:literal]
            $(#[cfg($cfg1:meta)])?
            $(#[serde($($serde1:tt)*)])?
            $name1:literal $field1:ident: $type1:ty = $default1:expr $(, change: $change1:ty)? => $columns1:expr;
        )*
        optimizer {
            $(
                #[doc = $help2:literal]
                $name2:literal $($variant2:ident)|+ { $field2:ident } $(, change: $change2:ty)? => $columns2:expr;
            )*
        }
        $(
            #[doc = $help3:literal]
            $(#[cfg($cfg3:meta)])?
            $(#[serde($($serde3:tt)*)])?
            $name3:literal $field3:ident: $type3:ty = $default3:expr $(, change: $change3:ty)? => $columns3:expr;
        )*
    ) => {
        /// The settings of a run. Together with the data and the version of the program, they determine the result bit for bit.
        ///
        /// On disk it is `config` in `run.json`. Missing fields have the values of [`RunConfig::default`], which are those of
        /// the lecture that the program follows; unknown fields are kept.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct RunConfig {
            $(
                #[doc = $help1]
                $(#[cfg($cfg1)])?
                $(#[serde($($serde1)*)])?
                pub $field1: $type1,
            )*
            $(
                #[doc = $help3]
                $(#[cfg($cfg3)])?
                $(#[serde($($serde3)*)])?
                pub $field3: $type3,
            )*
            /// Fields that only a newer version knows.
            #[serde(flatten)]
            pub extra: Extra,
        }

        impl Default for RunConfig {
            fn default() -> Self {
                Self {
                    $($(#[cfg($cfg1)])? $field1: $default1,)*
                    $($(#[cfg($cfg3)])? $field3: $default3,)*
                    extra: Extra::new(),
                }
            }
        }

        /// New values for settings of a training run; `None` leaves a setting unchanged.
        ///
        /// In commands, journals and checkpoints it is an object with the changed settings.
        #[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Change {
            $(
                $(#[cfg($cfg1)])?
                $(
                    #[doc = $help1]
                    #[serde(skip_serializing_if = "Option::is_none")]
                    pub $field1: Option<$change1>,
                )?
            )*
            $(
                $(
                    #[doc = $help2]
                    #[serde(skip_serializing_if = "Option::is_none")]
                    pub $field2: Option<$change2>,
                )?
            )*
            $(
                $(#[cfg($cfg3)])?
                $(
                    #[doc = $help3]
                    #[serde(skip_serializing_if = "Option::is_none")]
                    pub $field3: Option<$change3>,
                )?
            )*
        }

        /// Every setting, in the order of forms and of the combinations of sweeps.
        pub(super) static ROWS: &[SettingRow] = &[
            $(
                $(#[cfg($cfg1)])?
                row(
                    ($name1, stringify!($field1), $help1),
                    $columns1,
                    plain!($field1),
                    changeable!($field1 $($change1)?),
                ),
            )*
            $(
                row(
                    ($name2, stringify!($field2), $help2),
                    $columns2,
                    // `Some` keeps the other arm reachable if every optimizer has the setting.
                    Storage {
                        get: |config| match Some(&config.optimizer) {
                            Some($(OptimizerSettings::$variant2 { $field2, .. })|+) => Some($field2.to_value()),
                            _ => None,
                        },
                        set: |config, value| match Some(&mut config.optimizer) {
                            Some($(OptimizerSettings::$variant2 { $field2, .. })|+) => {
                                $field2.assign(value).ok_or(NotStored::Mismatch)
                            }
                            _ => Err(NotStored::NotApplicable),
                        },
                        validate: |_, _| Ok(()),
                    },
                    changeable!($field2 $($change2)?),
                ),
            )*
            $(
                $(#[cfg($cfg3)])?
                row(
                    ($name3, stringify!($field3), $help3),
                    $columns3,
                    plain!($field3),
                    changeable!($field3 $($change3)?),
                ),
            )*
        ];
    };
}

/// The storage of a setting that is a field of [`RunConfig`].
macro_rules! plain {
    ($field:ident) => {
        Storage {
            get: |config| Some(config.$field.to_value()),
            set: |config, value| config.$field.assign(value).ok_or(NotStored::Mismatch),
            validate: |config, name| config.$field.validate(name),
        }
    };
}

/// The storage of a setting in a [`Change`], if it has a type there.
macro_rules! changeable {
    ($field:ident) => {
        None
    };
    ($field:ident $type:ty) => {
        Some(ChangeStorage {
            get: |change| change.$field.as_ref().map(SettingType::to_value),
            set: |change, value| {
                change.$field = Some(<$type>::from_value(value)?);
                Some(())
            },
            fill: |change, earlier| change.$field = change.$field.or(earlier.$field),
        })
    };
}

const fn row(
    (name, key, help): (&'static str, &'static str, &'static str),
    columns: Columns,
    storage: Storage,
    change: Option<ChangeStorage>,
) -> SettingRow {
    let Columns { kind, value_name, aliases, unset, in_range_test, in_recipe } = columns;
    SettingRow {
        name,
        key,
        help,
        kind,
        value_name,
        aliases,
        unset,
        in_range_test,
        in_recipe,
        storage,
        change,
    }
}

// The optimizer precedes its own settings, since setting another one resets them to its defaults. The seed is last, so
// that runs of a sweep that differ only by the seed are adjacent.
settings! {
    /// Network
    #[serde(deserialize_with = "sanitize::string")]
    "preset" preset: String = "cnn".to_owned()
        => Columns { aliases: &["net"], ..Columns::new(Preset, "NAME") };

    /// Data set: a directory or file, or built-in
    // The checksum of the data is compared instead of its path.
    "data" data: Option<PathBuf> = None
        => Columns { unset: Some("the best one found"), in_recipe: false, ..Columns::new(Path, "PATH") };

    /// Optimizer
    "optimizer" optimizer: OptimizerSettings = OptimizerSettings::SGD
        => Columns { aliases: &["opt"], ..Columns::new(Word(OptimizerSettings::NAMES), "NAME") };

    optimizer {
        /// Base learning rate, scaled by the schedule
        "learning-rate" Sgd | AdamW { learning_rate }, change: f64
            => Columns { aliases: &["lr"], in_range_test: false, ..Columns::new(Positive, "RATE") };

        /// SGD: momentum
        "momentum" Sgd { momentum }, change: f64 => Columns::new(Fraction, "FACTOR");

        /// AdamW: decay rate of the mean gradient
        "beta1" AdamW { beta1 } => Columns::new(Fraction, "RATE");

        /// AdamW: decay rate of the mean squared gradient
        "beta2" AdamW { beta2 } => Columns::new(Fraction, "RATE");

        /// AdamW: added to the denominator for stability
        "epsilon" AdamW { epsilon } => Columns::new(Positive, "NUMBER");

        /// AdamW: weight decay
        "weight-decay" AdamW { weight_decay } => Columns::new(Number(0.0, 1.0), "RATE");
    }

    /// Learning rate schedule: constant, cosine or step:EPOCHS:FACTOR
    "schedule" schedule: Schedule = Schedule::Constant
        => Columns { in_range_test: false, ..Columns::new(ValueKind::Schedule, "SCHEDULE") };

    /// Images per batch
    "batch-size" batch_size: usize = 64
        => Columns { aliases: &["batch"], ..Columns::new(Integer(1, 65_536), "N") };

    /// Passes over the training set
    "epochs" epochs: u32 = 40, change: u32
        => Columns { in_range_test: false, ..Columns::new(Integer(1, 100_000), "N") };

    /// Dropout probability
    "dropout" dropout: Option<f32> = None, change: f32
        => Columns { unset: Some("the network's own"), ..Columns::new(Fraction, "PROBABILITY") };

    /// Early stopping patience; 0 turns it off
    "patience" patience: u32 = 0, change: u32
        => Columns { in_range_test: false, ..Columns::new(Integer(0, u32::MAX as u64), "EPOCHS") };

    /// Device to train on: auto (the faster), cpu, cuda, cuda:N
    "device" device: DeviceChoice = DeviceChoice::Auto
        => Columns { in_recipe: false, ..Columns::new(Device, "NAME") };

    /// Training threads; they do not change the result
    "threads" threads: Option<usize> = None
        => Columns { unset: Some("one per core"), in_recipe: false, ..Columns::new(Integer(1, 256), "N") };

    /// Disk space for epoch checkpoints, in MB
    "checkpoint-space" checkpoint_space: u64 = 200
        => Columns { in_range_test: false, in_recipe: false, ..Columns::new(Integer(0, u64::MAX), "MB") };

    /// Setting for unit tests only, which show that a row is all it needs
    #[cfg(test)]
    #[serde(skip_serializing_if = "Option::is_none")]
    "test-only" test_only: Option<u32> = None, change: u32
        => Columns { unset: Some("nothing"), ..Columns::new(Integer(1, 9), "N") };

    /// Random seed
    "seed" seed: u64 = 0
        => Columns { in_recipe: false, ..Columns::new(Integer(0, u64::MAX), "N") };
}
