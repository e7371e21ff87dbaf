//! Where a data set is looked for.
//!
//! A source that was asked for is the only place: if it is no good, that is an error. Without one, three places are
//! tried in order: the data directory, where `cnn-tui data fetch` puts the full Fashion-MNIST; the directory of the
//! Debian package `dataset-fashion-mnist`; the built-in set. There, a place without data is passed over in silence,
//! and a broken one with a warning that the caller must show: a person should know why training uses less data than
//! is on the disk.

use std::fmt;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;

use super::dataset::{Dataset, Source};
use super::error::DataError;

/// The directory of Fashion-MNIST below each root.
const FOLDER: &str = "fashion-mnist";

/// The directories that the automatic places lie in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roots {
    /// The program's data directory, if the user has a home.
    pub data: Option<PathBuf>,
    /// Where the system's packages put data sets.
    pub system: PathBuf,
}

impl Roots {
    /// The roots of this user on this machine.
    pub fn of_user() -> Self {
        let data = ProjectDirs::from("", "", "cnn-tui").map(|dirs| dirs.data_dir().to_path_buf());
        Self { data, system: PathBuf::from("/usr/share/datasets") }
    }

    /// Where the full Fashion-MNIST is downloaded to.
    pub fn fetched(&self) -> Option<PathBuf> {
        self.data.as_ref().map(|root| root.join(FOLDER))
    }
}

/// A place to look for a data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataLocation {
    /// What the user asked for.
    Given(Source),
    /// The program's data directory.
    Fetched(PathBuf),
    /// The directory of the system's package.
    System(PathBuf),
    /// The program itself.
    BuiltIn,
}

impl DataLocation {
    /// The directory, if it is one.
    pub fn dir(&self) -> Option<&Path> {
        match self {
            Self::Given(Source::Directory(dir)) | Self::Fetched(dir) | Self::System(dir) => Some(dir),
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
            Self::Given(Source::Directory(_)) => "--data",
            Self::Fetched(_) => "data directory",
            Self::System(_) => "system package",
            Self::Given(Source::BuiltIn) | Self::BuiltIn => "built in",
        })
    }
}

/// The places to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataLocations {
    /// Tried first, in order.
    better: Vec<DataLocation>,
    /// Taken if the others have nothing; its error is the error of all.
    last: DataLocation,
}

/// A data set to use.
#[derive(Debug)]
pub struct Found {
    /// The set.
    pub dataset: Dataset,
    /// Where it was found.
    pub place: DataLocation,
    /// Better places that hold a broken set; each is a warning to show.
    pub broken: Vec<(DataLocation, DataError)>,
}

/// Every place with what is there.
#[derive(Debug)]
pub struct Survey {
    /// All places, in the order of preference.
    pub looked: Vec<LocationReport>,
    /// Which of them is used.
    pub used: usize,
    /// The set there.
    pub dataset: Dataset,
}

/// A place that was looked at.
#[derive(Debug)]
pub struct LocationReport {
    /// The place.
    pub place: DataLocation,
    /// What is there.
    pub outcome: Outcome,
}

/// What is at a place.
#[derive(Debug)]
pub enum Outcome {
    /// A data set.
    Ready {
        /// Its name.
        name: String,
        /// Training images.
        train: usize,
        /// Test images.
        test: usize,
    },
    /// Nothing.
    Absent,
    /// Something that cannot be used.
    Broken(DataError),
}

impl Outcome {
    fn ready(dataset: &Dataset) -> Self {
        Self::Ready { name: dataset.name.clone(), train: dataset.train.len(), test: dataset.test.len() }
    }
}

impl DataLocations {
    /// Only `given` if there is one, else the automatic places below `roots`.
    pub fn new(given: Option<Source>, roots: &Roots) -> Self {
        if let Some(source) = given {
            return Self { better: Vec::new(), last: DataLocation::Given(source) };
        }
        let system = DataLocation::System(roots.system.join(FOLDER));
        Self {
            better: roots.fetched().map(DataLocation::Fetched).into_iter().chain([system]).collect(),
            last: DataLocation::BuiltIn,
        }
    }

    /// Reads the first set that can be used.
    pub fn locate(&self) -> Result<Found, DataError> {
        let mut broken = Vec::new();
        for place in &self.better {
            match place.load() {
                Ok(dataset) => return Ok(Found { dataset, place: place.clone(), broken }),
                Err(error) if error.is_absent() => {}
                Err(error) => broken.push((place.clone(), error)),
            }
        }
        Ok(Found { dataset: self.last.load()?, place: self.last.clone(), broken })
    }

    /// The first set with this [checksum](Dataset::checksum), whatever other sets there are.
    pub fn find(&self, checksum: &str) -> Option<Dataset> {
        let places = self.better.iter().chain([&self.last]);
        places.filter_map(|place| place.load().ok()).find(|dataset| dataset.checksum == checksum)
    }

    /// Reads every place. Uses the same set as [`locate`](Self::locate), and fails as it does.
    pub fn survey(&self) -> Result<Survey, DataError> {
        let mut looked = Vec::new();
        let mut used = None;
        for place in &self.better {
            let outcome = match place.load() {
                Ok(dataset) => {
                    let outcome = Outcome::ready(&dataset);
                    used.get_or_insert((looked.len(), dataset));
                    outcome
                }
                Err(error) if error.is_absent() => Outcome::Absent,
                Err(error) => Outcome::Broken(error),
            };
            looked.push(LocationReport { place: place.clone(), outcome });
        }
        let last = self.last.load()?;
        looked.push(LocationReport { place: self.last.clone(), outcome: Outcome::ready(&last) });
        let (used, dataset) = used.unwrap_or((self.better.len(), last));
        Ok(Survey { looked, used, dataset })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::data::PIXELS;
    use crate::data::idx::Content;

    /// Writes a set with one training and one test image.
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
    fn the_built_in_set_is_the_last_resort() {
        let root = tempfile::tempdir().unwrap();
        let found = DataLocations::new(None, &roots(root.path())).locate().unwrap();
        assert_eq!((found.place, found.broken.len()), (DataLocation::BuiltIn, 0));

        let homeless = Roots { data: None, ..roots(root.path()) };
        assert_eq!(DataLocations::new(None, &homeless).locate().unwrap().place, DataLocation::BuiltIn);
    }

    #[test]
    fn the_first_place_with_a_set_is_used() {
        let root = tempfile::tempdir().unwrap();
        let roots = roots(root.path());
        let system = root.path().join("system/fashion-mnist");
        write_set(&system);
        let found = DataLocations::new(None, &roots).locate().unwrap();
        assert_eq!(found.dataset.source, Source::Directory(system.clone()));
        assert_eq!(found.place, DataLocation::System(system));

        let fetched = roots.fetched().unwrap();
        write_set(&fetched);
        assert_eq!(DataLocations::new(None, &roots).locate().unwrap().place, DataLocation::Fetched(fetched));
    }

    #[test]
    fn a_broken_automatic_place_is_passed_over_and_reported() {
        let root = tempfile::tempdir().unwrap();
        let roots = roots(root.path());
        let fetched = roots.fetched().unwrap();
        write_set(&fetched);
        fs::remove_file(fetched.join("t10k-labels-idx1-ubyte")).unwrap();

        let places = DataLocations::new(None, &roots);
        let found = places.locate().unwrap();
        assert_eq!(found.place, DataLocation::BuiltIn);
        assert!(matches!(&found.broken[..], [(DataLocation::Fetched(_), DataError::Missing { .. })]));

        let survey = places.survey().unwrap();
        let outcomes: Vec<_> = survey.looked.iter().map(|looked| &looked.outcome).collect();
        assert!(matches!(
            outcomes[..],
            [Outcome::Broken(_), Outcome::Absent, Outcome::Ready { train: 6000, .. }]
        ));
        assert_eq!((survey.used, survey.dataset), (2, found.dataset));
    }

    #[test]
    fn a_set_is_found_by_its_checksum_behind_better_ones() {
        let root = tempfile::tempdir().unwrap();
        let roots = roots(root.path());
        write_set(&roots.fetched().unwrap());
        let places = DataLocations::new(None, &roots);
        let built_in = Dataset::built_in().unwrap();
        assert_eq!(places.find(&built_in.checksum), Some(built_in));
        let fetched = places.locate().unwrap().dataset;
        assert_eq!(places.find(&fetched.checksum), Some(fetched));
        assert_eq!(places.find("1234"), None);
    }

    #[test]
    fn a_given_source_is_the_only_place() {
        let root = tempfile::tempdir().unwrap();
        let roots = roots(root.path());
        write_set(&roots.fetched().unwrap());

        let absent = DataLocations::new(Some(Source::Directory(root.path().join("none"))), &roots);
        assert!(absent.locate().unwrap_err().is_absent());
        assert!(absent.survey().unwrap_err().is_absent());

        let built_in = DataLocations::new(Some(Source::BuiltIn), &roots).locate().unwrap();
        assert_eq!(built_in.dataset.source, Source::BuiltIn);

        let dir = root.path().join("letters");
        write_set(&dir);
        let survey = DataLocations::new(Some(Source::Directory(dir)), &roots).survey().unwrap();
        assert_eq!((survey.looked.len(), survey.used, survey.dataset.name.as_str()), (1, 0, "letters"));
    }
}
