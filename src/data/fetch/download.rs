//! Downloading one file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use ureq::http::{Response, StatusCode, header};
use ureq::{Agent, Body};

use super::error::{FetchError, at};
use super::remote::RemoteFile;
use crate::strings::hex;

/// The download of one file, to `part` first and then renamed to `path`.
pub(super) struct Download<'a> {
    file: &'a RemoteFile<'a>,
    url: String,
    path: PathBuf,
    part: PathBuf,
}

impl<'a> Download<'a> {
    pub(super) fn new(base_url: &str, dir: &Path, file: &'a RemoteFile<'a>) -> Self {
        Self {
            file,
            url: format!("{}/{}", base_url.trim_end_matches('/'), file.name),
            path: dir.join(file.name),
            part: dir.join(format!("{}.part", file.name)),
        }
    }

    /// Whether the file exists with the expected content; an error if it has other content.
    pub(super) fn is_complete(&self) -> Result<bool, FetchError> {
        match File::open(&self.path) {
            Ok(file) => {
                let size = file.metadata().map_err(at(&self.path))?.len();
                let same =
                    size == self.file.size && sha256(file).map_err(at(&self.path))? == self.file.sha256;
                if same { Ok(true) } else { Err(FetchError::DifferentContent { path: self.path.clone() }) }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(at(&self.path)(error)),
        }
    }

    /// Downloads the missing rest of the part file, verifies it and renames it; returns the number of bytes received.
    pub(super) fn run(
        &self,
        agent: &Agent,
        retries: u32,
        report: &mut dyn FnMut(u64),
    ) -> Result<u64, FetchError> {
        let mut received = 0;
        for left in (0..=retries).rev() {
            let before = received;
            match self.fetch_rest(agent, &mut received, report) {
                Ok(()) => break,
                Err(FetchError::ConnectionLost { .. }) if received > before && left > 0 => {}
                Err(error) => return Err(error),
            }
        }
        self.finish()?;
        Ok(received)
    }

    /// Requests the missing rest once, appends what arrives to the part file and adds its length to `received`.
    fn fetch_rest(
        &self,
        agent: &Agent,
        received: &mut u64,
        report: &mut dyn FnMut(u64),
    ) -> Result<(), FetchError> {
        let at_part = at(&self.part);
        let size = self.file.size;
        let mut part =
            OpenOptions::new().create(true).truncate(false).write(true).open(&self.part).map_err(at_part)?;
        let existing = part.metadata().map_err(at_part)?.len();
        if existing == size {
            return Ok(());
        }
        let (mut body, mut done) = self.request(agent, if existing < size { existing } else { 0 })?;
        part.set_len(done).map_err(at_part)?;
        part.seek(SeekFrom::Start(done)).map_err(at_part)?;
        report(done);

        let mut reader = body.as_reader();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            // One byte beyond the expected size shows that the server sends too much; it is never written.
            let room = usize::try_from(size - done + 1).map_or(buffer.len(), |room| room.min(buffer.len()));
            let broken = |reason| FetchError::ConnectionLost { url: self.url.clone(), done, size, reason };
            match reader.read(&mut buffer[..room]) {
                Ok(0) if done == size => return Ok(()),
                Ok(0) => return Err(broken(io::ErrorKind::UnexpectedEof.into())),
                Ok(count) if count as u64 > size - done => {
                    part.set_len(0).map_err(at_part)?;
                    return Err(self.wrong_size(None));
                }
                Ok(count) => {
                    part.write_all(&buffer[..count]).map_err(at_part)?;
                    done += count as u64;
                    *received += count as u64;
                    report(done);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(broken(error)),
            }
        }
    }

    /// Requests the bytes from `start` on. Returns the body and its actual start, which is 0 if the server cannot
    /// resume.
    fn request(&self, agent: &Agent, mut start: u64) -> Result<(Body, u64), FetchError> {
        let mut response = self.get(agent, start)?;
        if start > 0 && must_restart(&response, start) {
            start = 0;
            response = self.get(agent, start)?;
        }
        match response.status() {
            StatusCode::PARTIAL_CONTENT if start > 0 => {}
            StatusCode::OK => start = 0,
            status => return Err(FetchError::Status { url: self.url.clone(), status: status.as_u16() }),
        }
        let body = response.into_body();
        match body.content_length().map(|length| length.saturating_add(start)) {
            Some(offered) if offered != self.file.size => Err(self.wrong_size(Some(offered))),
            _ => Ok((body, start)),
        }
    }

    /// Sends a request for the bytes from `start` on.
    fn get(&self, agent: &Agent, start: u64) -> Result<Response<Body>, FetchError> {
        let mut request = agent.get(&self.url);
        if start > 0 {
            request = request.header(header::RANGE, format!("bytes={start}-"));
        }
        request.call().map_err(|source| FetchError::Request { url: self.url.clone(), source: source.into() })
    }

    fn wrong_size(&self, found: Option<u64>) -> FetchError {
        FetchError::WrongSize { url: self.url.clone(), expected: self.file.size, found }
    }

    /// Verifies the part file, renames it, and syncs file and directory to disk.
    fn finish(&self) -> Result<(), FetchError> {
        let at_part = at(&self.part);
        let part = OpenOptions::new().read(true).write(true).open(&self.part).map_err(at_part)?;
        let found = sha256(&part).map_err(at_part)?;
        if found != self.file.sha256 {
            fs::remove_file(&self.part).map_err(at_part)?;
            let (url, expected) = (self.url.clone(), self.file.sha256.to_owned());
            return Err(FetchError::WrongChecksum { url, expected, found });
        }
        part.sync_all().map_err(at_part)?;
        fs::rename(&self.part, &self.path).map_err(at(&self.path))?;
        if let Some(dir) = self.path.parent() {
            File::open(dir).and_then(|dir| dir.sync_all()).map_err(at(dir))?;
        }
        Ok(())
    }
}

/// Whether the request must be repeated without a range: the server has no such range, or sent another one.
fn must_restart(response: &Response<Body>, start: u64) -> bool {
    match response.status() {
        StatusCode::RANGE_NOT_SATISFIABLE => true,
        StatusCode::PARTIAL_CONTENT => {
            let range = response.headers().get(header::CONTENT_RANGE).and_then(|range| range.to_str().ok());
            let first = range.and_then(|range| range.strip_prefix("bytes ")?.split('-').next()?.parse().ok());
            first != Some(start)
        }
        _ => false,
    }
}

/// The SHA-256 of `input`, in hexadecimal.
fn sha256(mut input: impl Read) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match input.read(&mut buffer) {
            Ok(0) => return Ok(hex(&hash.finalize())),
            Ok(count) => hash.update(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
