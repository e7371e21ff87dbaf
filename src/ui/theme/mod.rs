//! Colours by what they mean: roles, the files that fill them, and what a terminal can show of them.
//!
//! A theme is a TOML file that gives every [role](Roles) a paint, such as `"#7cc4ff bold"`. A [`RenderTheme`] is a theme as
//! one terminal shows it, and is what every widget draws with; nothing else in this layer names a colour.

mod error;
mod file;
mod paint;
mod ramp;
mod render_theme;
mod roles;
mod themes;

pub use error::{Problem, ThemeError};
pub use file::Theme;
pub use paint::{Paint, ThemeColor};
pub use ramp::Ramp;
pub use render_theme::{Palette, RenderTheme};
pub use roles::{CurveRoles, KernelRoles, Roles, StateRoles};
pub use themes::{Themes, load};
