//! Data source and threads of a run.

use std::path::{self, Path, PathBuf};

use directories::BaseDirs;

use super::ShellError;
use crate::data::Source;
use crate::run::RunConfig;

/// The configured data as a path that every process understands: absolute, with the home directory for a leading `~`.
pub fn with_absolute_data(mut config: RunConfig) -> Result<RunConfig, ShellError> {
    if let Some(data) = config.data.as_mut().filter(|data| data.as_os_str() != "built-in") {
        *data = path::absolute(with_home(data)).map_err(ShellError::DataPath)?;
    }
    Ok(config)
}

fn with_home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), BaseDirs::new()) {
        (Ok(rest), Some(dirs)) => dirs.home_dir().join(rest),
        _ => path.to_owned(),
    }
}

/// The configured data source; `None` means to search the default locations.
pub(crate) fn source(config: &RunConfig) -> Option<Source> {
    config.data.clone().map(|data| Source::from(data.into_os_string()))
}

/// The default number of threads: one per available core.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_paths_are_absolute_and_may_begin_with_the_home_directory() {
        let absolute = |data: &str| {
            let config = RunConfig { data: Some(data.into()), ..RunConfig::default() };
            with_absolute_data(config).unwrap().data.unwrap()
        };
        let home = BaseDirs::new().unwrap().home_dir().to_owned();
        assert_eq!(absolute("~/letters"), home.join("letters"));
        assert_eq!(absolute("/~/letters"), Path::new("/~/letters"));
        assert_eq!(absolute("letters"), path::absolute("letters").unwrap());
        assert_eq!(absolute("built-in"), Path::new("built-in"));
    }
}
