//! The available themes: built-in ones and the user's own.

use super::error::{Problem, ThemeError};
use super::file::{self, Theme};
use super::paint::Paint;

/// The built-in themes, in the order in which the theme key cycles through them.
const BUILT_IN: &[(&str, &str)] = &[
    ("dark.toml", include_str!("../../../themes/dark.toml")),
    ("light.toml", include_str!("../../../themes/light.toml")),
    ("dusk.toml", include_str!("../../../themes/dusk.toml")),
    ("paper.toml", include_str!("../../../themes/paper.toml")),
    ("terminal.toml", include_str!("../../../themes/terminal.toml")),
    ("high-contrast.toml", include_str!("../../../themes/high-contrast.toml")),
    ("colorblind.toml", include_str!("../../../themes/colorblind.toml")),
    ("mono.toml", include_str!("../../../themes/mono.toml")),
];
/// The theme whose modifiers all themes use on terminals without colours.
const PLAIN: &str = "mono";

/// The usable themes, and the errors of the others.
#[derive(Debug, Clone)]
pub struct Themes {
    themes: Vec<Theme>,
    errors: Vec<ThemeError>,
}

/// Parses the built-in themes and the user's, given as paths and contents.
///
/// A user's theme replaces a built-in one of the same name. An invalid theme is reported and replaces nothing.
pub fn load(user: impl IntoIterator<Item = (String, String)>) -> Themes {
    let mut loaded = Themes { themes: Vec::new(), errors: Vec::new() };
    for (path, text) in BUILT_IN {
        match file::parse(path, text, &[]) {
            Ok(theme) => loaded.themes.push(theme),
            Err(error) => loaded.errors.push(error),
        }
    }
    let built_in = loaded.themes.clone();
    let mut taken: Vec<String> = Vec::new();
    for (path, text) in user {
        match file::parse(&path, &text, &built_in) {
            Ok(theme) if taken.contains(&theme.name) => {
                loaded.errors.push(ThemeError::new(&path, &text, 0, Problem::Taken(theme.name)));
            }
            Ok(theme) => {
                taken.push(theme.name.clone());
                match loaded.themes.iter_mut().find(|old| old.name == theme.name) {
                    Some(old) => *old = theme,
                    None => loaded.themes.push(theme),
                }
            }
            Err(error) => loaded.errors.push(error),
        }
    }
    let plain = built_in.into_iter().find(|theme| theme.name == PLAIN).unwrap_or_default();
    for theme in &mut loaded.themes {
        theme.roles = theme.roles.zip(plain.roles, Paint::or_plain);
    }
    if loaded.themes.is_empty() {
        loaded.themes.push(Theme { name: PLAIN.to_owned(), ..Theme::default() });
    }
    loaded
}

impl Themes {
    /// All usable themes, the built-in ones first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Theme> {
        self.themes.iter()
    }

    /// The theme with this name.
    pub fn get(&self, name: &str) -> Option<&Theme> {
        self.themes.iter().find(|theme| theme.name == name)
    }

    /// The default theme.
    pub fn first(&self) -> &Theme {
        &self.themes[0]
    }

    /// The theme after the one with this name, wrapping around at the end.
    pub fn after(&self, name: &str) -> &Theme {
        let next = self.themes.iter().position(|theme| theme.name == name).map_or(0, |index| index + 1);
        self.themes.get(next).unwrap_or_else(|| self.first())
    }

    /// Errors of the themes that could not be used.
    pub fn errors(&self) -> &[ThemeError] {
        &self.errors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_one(text: &str) -> Themes {
        load([("themes/mine.toml".to_owned(), text.to_owned())])
    }

    fn error(text: &str) -> String {
        let themes = load_one(text);
        assert_eq!(themes.iter().len(), BUILT_IN.len(), "a broken theme replaces no other");
        themes.errors()[0].to_string()
    }

    #[test]
    fn built_in_themes_are_valid_and_named_after_their_files() {
        let themes = load([]);
        assert_eq!(themes.errors(), []);
        let names: Vec<_> = themes.iter().map(|theme| format!("{}.toml", theme.name)).collect();
        assert_eq!(names, BUILT_IN.iter().map(|(path, _)| *path).collect::<Vec<_>>());
    }

    #[test]
    fn next_theme_wraps_around() {
        let themes = load([]);
        let mut name = themes.first().name.as_str();
        for _ in 0..themes.iter().len() {
            name = &themes.after(name).name;
        }
        assert_eq!(name, "dark");
        assert_eq!(themes.after("gone").name, "dark");
    }

    #[test]
    fn user_theme_can_override_a_few_roles() {
        let themes =
            load_one("base = \"light\"\naccent = \"#ff8800\"\n[state]\nrunning = \"bright-green\"\n");
        assert_eq!(themes.errors(), []);
        let (mine, light) = (themes.get("mine").unwrap(), themes.get("light").unwrap());
        assert_ne!(mine.roles.accent, light.roles.accent);
        assert_eq!(mine.roles.curve, light.roles.curve);
    }

    #[test]
    fn user_theme_replaces_only_a_built_in_one() {
        let twice = ["a.toml", "b.toml"]
            .map(|path| (path.to_owned(), "name = \"dark\"\nbase = \"dark\"\ntext = \"red\"".to_owned()));
        let themes = load(twice);
        assert_eq!(themes.iter().len(), BUILT_IN.len());
        assert_ne!(themes.get("dark"), load([]).get("dark"));
        assert_eq!(
            themes.errors()[0].to_string(),
            "b.toml:1:1: the name 'dark' is taken by another theme file"
        );
    }

    #[test]
    fn errors_have_a_position_and_a_hint() {
        assert!(error("base = \"dark\"\nacent = \"red\"").starts_with(
            "themes/mine.toml:2:1: unknown role 'acent': the roles are text, strong, dim, frame, title, accent,"
        ));
        assert!(error("base = \"dark\"\n[curve]\ntest = \"bold orange\"").starts_with(
            "themes/mine.toml:3:14: bad colour 'orange': write [colour] [on colour] [modifier...], a colour as #rrggbb"
        ));
        assert_eq!(
            error("text = \"red\""),
            "themes/mine.toml:1:13: role 'strong' is missing: add it, or inherit missing roles from a built-in theme \
             with base = \"dark\""
        );
        assert_eq!(
            error("base = \"drak\""),
            "themes/mine.toml:1:8: unknown base 'drak'; the built-in themes are dark, \
             light, dusk, paper, terminal, high-contrast, colorblind, mono"
        );
        assert_eq!(
            error("base = \"dark\"\ntext = 7"),
            "themes/mine.toml:2:1: 'text' must be a string in quotes, such as \"#7cc4ff bold\""
        );
        assert!(error("base = \"dark\"\ntext = \"\\u001b[31m\"").contains("bad colour '\\u{1b}[31m'"));
        assert_eq!(
            error("base = \"dark\ntext"),
            "themes/mine.toml:1:13: invalid basic string, expected `\"`"
        );
    }
}
