//! A terminal dashboard for training convolutional networks, as a library in layers under a thin `main`.
//!
//! A network is a [`Model`](nn::Model): pixels and weights in, losses and gradients out.
//!
//! ```
//! use cnn_tui::nn::{self, Backend, DeviceKind, Images, SeededRng};
//!
//! let mut model = nn::build("dnn", DeviceKind::Cpu, Backend::best(), None)?;
//! let weights = nn::initial_weights(model.parameters(), SeededRng::new(1));
//! assert_eq!(weights.len(), 235_146);
//! model.set_weights(&weights);
//!
//! let black = Images { pixels: vec![0.0; 28 * 28], labels: vec![0] };
//! let prediction = model.predict(black)[0];
//! println!("class {}, {:.0} %", prediction.class, 100.0 * prediction.confidence);
//! # assert!(prediction.class < 10);
//! # Ok::<(), nn::DeviceError>(())
//! ```
//!
//! A [`Session`](train::Session) trains it, and everything that happens goes to a run directory
//! ([`RunDir`](run::RunDir)), which the dashboard follows. `docs/architecture.md` follows one loss value and one key press
//! through the layers.
//!
//! # Layers
//!
//! They use each other in one direction only, which `tests/architecture` checks:
//!
//! ```text
//! main -> cli -> shell -> ui -> app -> run -> metrics
//!                  |                   ^
//!                  +----> train -------+
//!                           +--> nn, data
//! ```
//!
//! | layer | what it is |
//! |-|-|
//! | [`metrics`] | statistics, series and scales of charts, numbers as text |
//! | [`data`] | data sets: reading, finding and downloading them |
//! | [`nn`] | networks; the only layer that knows dfdx |
//! | [`train`] | the training loop, its threads, optimizers and schedules |
//! | [`run`] | runs on disk: formats, settings, the store, queries, export |
//! | [`app`] | the dashboard's state, and how messages change it |
//! | [`ui`] | draws the state: screens, widgets, themes |
//! | [`shell`] | everything outside: processes, signals, the terminal, the clock |
//! | [`cli`] | the command line |

pub mod app;
pub mod cli;
pub mod data;
pub mod metrics;
pub mod nn;
pub mod run;
pub mod shell;
mod strings;
pub mod train;
pub mod ui;
