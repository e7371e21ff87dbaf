//! A terminal dashboard for training convolutional networks.
//!
//! The program is a thin `main` over this library. Its layers use each other in one direction only,
//! which `tests/architecture.rs` checks:
//!
//! ```text
//! main -> cli -> shell -> ui -> app -> run -> metrics
//!                  |                    ^
//!                  +-> train -> nn -> data   (train also uses run's Event and Command)
//! ```
//!
//! | layer | what it is |
//! |-|-|
//! | [`metrics`] | plain numbers: curves, smoothing, axis ticks, pace, numbers as text |
//! | [`data`] | data sets: reading, finding and downloading them |
//! | [`nn`] | networks; the only layer that knows dfdx |
//! | [`train`] | the training loop, its threads, optimizers, schedules |
//! | [`run`] | runs on disk: formats, the store, following one |
//! | [`app`] | the dashboard's state, what can be done, and how it changes |
//! | [`ui`] | from the state to cells: screens, widgets, themes |
//! | [`shell`] | the world: processes, signals, the terminal, the clock |
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
