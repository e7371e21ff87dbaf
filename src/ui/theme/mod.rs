//! Themes: colours by role.
//!
//! A theme is a TOML file that assigns a paint such as `"#7cc4ff bold"` to every [role](Roles). A [`RenderTheme`] adapts a
//! theme to a terminal; widgets use it and never name a colour themselves.

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
