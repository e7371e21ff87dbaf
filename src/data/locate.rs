//! Finding a data set.
//!
//! A source given with `--data` is the only candidate; if it cannot be read, that is an error. Otherwise three
//! locations are tried in order: the data directory, where `cnn-tui data fetch` stores the full Fashion-MNIST; the
//! directory of the Debian package `dataset-fashion-mnist`; the built-in subset. An empty location is skipped. A broken
//! one is skipped with a warning if another location has the full set, and is an error if only the built-in subset is
//! left: a result from a tenth of the data must not look like a real one.

use std::fmt;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;

use super::dataset::{Dataset, Source};
use super::error::DataError;

/// Name of the Fashion-MNIST directory below each root.
const FOLDER: &str = "fashion-mnist";

/// The parent directories of the automatic locations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roots {
    /// The program's data directory; `None` if the user has no home directory.
    pub data: Option<PathBuf>,
    /// Where system packages install data sets.
    pub system: PathBuf,
}

impl Roots {
    /// The roots for the current user.
    pub fn of_user() -> Self {
        let data = ProjectDirs::from("", "", "cnn-tui").map(|dirs| dirs.data_dir().to_path_buf());
        Self { data, system: system_datasets() }
    }

    /// Where `data fetch` stores the full Fashion-MNIST.
    pub fn fetched(&self) -> Option<PathBuf> {
        self.data.as_ref().map(|root| root.join(FOLDER))
    }
}

/// `datasets` in the first directory of `XDG_DATA_DIRS` that has it.
fn system_datasets() -> PathBuf {
    let dirs = std::env::var_os("XDG_DATA_DIRS").filter(|dirs| !dirs.is_empty());
    let dirs = dirs.unwrap_or_else(|| "/usr/local/share:/usr/share".into());
    let mut datasets = std::env::split_paths(&dirs).map(|dir| dir.join("datasets"));
    datasets.find(|dir| dir.is_dir()).unwrap_or_else(|| PathBuf::from("/usr/share/datasets"))
}

/// A location to look for a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataLocation {
    /// The source given with `--data`.
    Given(Source),
    /// The program's data directory, filled by `data fetch`.
    Fetched(PathBuf),
    /// The directory of the system package.
    System(PathBuf),
    /// The subset that is compiled into the program.
    BuiltIn,
}

impl DataLocation {
    /// The path; `None` for the built-in subset.
    pub fn dir(&self) -> Option<&Path> {
        match self {
            Self::Given(Source::Path(dir)) | Self::Fetched(dir) | Self::System(dir) => Some(dir),
            Self::Given(Source::BuiltIn) | Self::BuiltIn => None,
        }
    }

    fn load(&self) -> Result<Dataset, DataError> {
        self.dir().map_or_else(Dataset::built_in, Dataset::open)
    }
}

impl fmt::Display for DataLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Given(Source::Path(_)) => "--data",
            Self::Fetched(_) => "data directory",
            Self::System(_) => "system package",
            Self::Given(Source::BuiltIn) | Self::BuiltIn => "built in",
        })
    }
}

/// The locations to search, in order of preference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataLocations {
    /// Tried first, in order.
    preferred: Vec<DataLocation>,
    /// Used if none of the preferred locations has a set; its error is the error of the search.
    fallback: DataLocation,
}

/// A data set and where it was found.
#[derive(Debug)]
pub struct Found {
    /// The data set.
    pub dataset: Dataset,
    /// Where it was found.
    pub location: DataLocation,
    /// Preferred locations whose data set is broken; show each as a warning.
    pub broken: Vec<(DataLocation, DataError)>,
}

/// The state of every location.
#[derive(Debug)]
pub struct Survey {
    /// All locations, in order of preference.
    pub reports: Vec<LocationReport>,
    /// Index into `reports` of the location that is used, and the data set there; `None` if
    /// [`locate`](DataLocations::locate) fails with [`DataError::Unusable`].
    pub used: Option<(usize, Dataset)>,
}

/// The state of one location.
#[derive(Debug)]
pub struct LocationReport {
    /// The location.
    pub location: DataLocation,
    /// What was found there.
    pub status: LocationStatus,
}

/// What was found at a location.
#[derive(Debug)]
pub enum LocationStatus {
    /// A usable data set.
    Ready {
        /// Name of the data set.
        name: String,
        /// Number of training images.
        train: usize,
        /// Number of test images.
        test: usize,
    },
    /// No data set.
    Absent,
    /// A data set that cannot be read.
    Broken(DataError),
}

impl LocationStatus {
    fn ready(dataset: &Dataset) -> Self {
        Self::Ready { name: dataset.name.clone(), train: dataset.train.len(), test: dataset.test.len() }
    }
}

impl DataLocations {
    /// Only `given` if there is one, otherwise the automatic locations below `roots`.
    pub fn new(given: Option<Source>, roots: &Roots) -> Self {
        if let Some(source) = given {
            return Self { preferred: Vec::new(), fallback: DataLocation::Given(source) };
        }
        let system = DataLocation::System(roots.system.join(FOLDER));
        Self {
            preferred: roots.fetched().map(DataLocation::Fetched).into_iter().chain([system]).collect(),
            fallback: DataLocation::BuiltIn,
        }
    }

    /// Reads the first usable data set.
    ///
    /// # Errors
    ///
    /// [`DataError::Unusable`] if there is a broken set and no other but the built-in one; another error if the set that was asked
    /// for cannot be read.
    pub fn locate(&self) -> Result<Found, DataError> {
        let mut broken = Vec::new();
        for location in &self.preferred {
            match location.load() {
                Ok(dataset) => return Ok(Found { dataset, location: location.clone(), broken }),
                Err(error) if error.is_absent() => {}
                Err(error) => broken.push((location.clone(), error)),
            }
        }
        if let Some((location, error)) = broken.into_iter().next() {
            return Err(DataError::Unusable { location: location.to_string(), source: Box::new(error) });
        }
        let dataset = self.fallback.load()?;
        Ok(Found { dataset, location: self.fallback.clone(), broken: Vec::new() })
    }

    /// The first data set with this [checksum](Dataset::checksum); `None` if no location has it.
    pub fn find(&self, checksum: &str) -> Option<Dataset> {
        let locations = self.preferred.iter().chain([&self.fallback]);
        locations.filter_map(|location| location.load().ok()).find(|dataset| dataset.checksum == checksum)
    }

    /// Reads every location, and selects the same data set as [`locate`](Self::locate).
    ///
    /// # Errors
    ///
    /// The set that was asked for cannot be read.
    pub fn survey(&self) -> Result<Survey, DataError> {
        let mut reports = Vec::new();
        let mut used = None;
        for location in &self.preferred {
            let status = match location.load() {
                Ok(dataset) => {
                    let status = LocationStatus::ready(&dataset);
                    used.get_or_insert((reports.len(), dataset));
                    status
                }
                Err(error) if error.is_absent() => LocationStatus::Absent,
                Err(error) => LocationStatus::Broken(error),
            };
            reports.push(LocationReport { location: location.clone(), status });
        }
        let fallback = self.fallback.load()?;
        reports.push(LocationReport {
            location: self.fallback.clone(),
            status: LocationStatus::ready(&fallback),
        });
        let is_broken = reports.iter().any(|report| matches!(report.status, LocationStatus::Broken(_)));
        let used = used.or_else(|| (!is_broken).then_some((self.preferred.len(), fallback)));
        Ok(Survey { reports, used })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::data::PIXELS;
    use crate::data::idx::Content;

    /// Writes a data set with one training and one test image.
    fn write_set(dir: &Path) {
        fs::create_dir_all(dir).unwrap();
        for half in ["train", "t10k"] {
            let images = [Content::Images.header(1), vec![0; PIXELS]].concat();
            let labels = [Content::Labels.header(1), vec![0]].concat();
            fs::write(dir.join(format!("{half}-images-idx3-ubyte")), images).unwrap();
            fs::write(dir.join(format!("{half}-labels-idx1-ubyte")), labels).unwrap();
        }
    }

    fn roots(root: &Path) -> Roots {
        Roots { data: Some(root.join("data")), system: root.join("system") }
    }

    #[test]
    fn falls_back_to_the_built_in_set() {
        let root = tempfile::tempdir().unwrap();
        let found = DataLocations::new(None, &roots(root.path())).locate().unwrap();
        assert_eq!((found.location, found.broken.len()), (DataLocation::BuiltIn, 0));

        let homeless = Roots { data: None, ..roots(root.path()) };
        assert_eq!(DataLocations::new(None, &homeless).locate().unwrap().location, DataLocation::BuiltIn);
    }

    #[test]
    fn uses_the_first_location_with_a_data_set() {
        let root = tempfile::tempdir().unwrap();
        let roots = roots(root.path());
        let system = root.path().join("system/fashion-mnist");
        write_set(&system);
        let found = DataLocations::new(None, &roots).locate().unwrap();
        assert_eq!(found.dataset.source, Source::Path(system.clone()));
        assert_eq!(found.location, DataLocation::System(system));

        let fetched = roots.fetched().unwrap();
        write_set(&fetched);
        assert_eq!(
            DataLocations::new(None, &roots).locate().unwrap().location,
            DataLocation::Fetched(fetched)
        );
    }

    #[test]
    fn a_broken_set_is_not_replaced_by_the_built_in_one() {
        let root = tempfile::tempdir().unwrap();
        let roots = roots(root.path());
        let fetched = roots.fetched().unwrap();
        write_set(&fetched);
        fs::remove_file(fetched.join("t10k-labels-idx1-ubyte")).unwrap();

        let locations = DataLocations::new(None, &roots);
        let error = locations.locate().unwrap_err();
        assert!(!error.is_absent());
        let start = format!(
            "the data set in the data directory cannot be used: {}: missing t10k-labels-idx1-ubyte; ",
            fetched.display()
        );
        let end = "; to train on the small built-in set instead, use --data built-in";
        assert!(error.to_string().starts_with(&start) && error.to_string().ends_with(end), "{error}");

        let survey = locations.survey().unwrap();
        let statuses: Vec<_> = survey.reports.iter().map(|report| &report.status).collect();
        assert!(matches!(
            statuses[..],
            [LocationStatus::Broken(_), LocationStatus::Absent, LocationStatus::Ready { train: 6000, .. }]
        ));
        assert_eq!(survey.used, None);
        assert!(DataLocations::new(Some(Source::BuiltIn), &roots).locate().is_ok());

        // Another full set is used instead, with a warning.
        write_set(&root.path().join("system/fashion-mnist"));
        let found = locations.locate().unwrap();
        assert!(matches!(found.location, DataLocation::System(_)));
        assert!(matches!(&found.broken[..], [(DataLocation::Fetched(_), DataError::Missing { .. })]));
        assert_eq!(locations.survey().unwrap().used, Some((1, found.dataset)));
    }

    #[test]
    fn find_by_checksum_searches_all_locations() {
        let root = tempfile::tempdir().unwrap();
        let roots = roots(root.path());
        write_set(&roots.fetched().unwrap());
        let locations = DataLocations::new(None, &roots);
        let built_in = Dataset::built_in().unwrap();
        assert_eq!(locations.find(&built_in.checksum), Some(built_in));
        let fetched = locations.locate().unwrap().dataset;
        assert_eq!(locations.find(&fetched.checksum), Some(fetched));
        assert_eq!(locations.find("1234"), None);
    }

    #[test]
    fn a_given_source_is_the_only_location() {
        let root = tempfile::tempdir().unwrap();
        let roots = roots(root.path());
        write_set(&roots.fetched().unwrap());

        let absent = DataLocations::new(Some(Source::Path(root.path().join("none"))), &roots);
        assert!(absent.locate().unwrap_err().is_absent());
        assert!(absent.survey().unwrap_err().is_absent());

        let built_in = DataLocations::new(Some(Source::BuiltIn), &roots).locate().unwrap();
        assert_eq!(built_in.dataset.source, Source::BuiltIn);

        let dir = root.path().join("letters");
        write_set(&dir);
        let survey = DataLocations::new(Some(Source::Path(dir)), &roots).survey().unwrap();
        let (used, dataset) = survey.used.unwrap();
        assert_eq!((survey.reports.len(), used, dataset.name.as_str()), (1, 0, "letters"));
    }
}
