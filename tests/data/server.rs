//! A local HTTP server with scripted failures.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// How a request is answered.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// As it should be, with ranges.
    Honest,
    /// With the whole file, whatever was asked for.
    NoRange,
    /// With a range other than was asked for.
    OtherRange,
    /// Honestly, but the connection ends after so many bytes.
    Cut(usize),
    /// Honestly, but after so many bytes nothing comes and the connection stays.
    Stall(usize),
    /// With this in place of the file.
    Instead(Vec<u8>),
    /// With this in place of the file, and no word on its length.
    Unmeasured(Vec<u8>),
    /// With a bare status.
    Status(u16),
}

/// A request as it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) path: String,
    /// The first byte asked for, if not all are.
    pub(crate) start: Option<usize>,
}

/// A server that runs until it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves `files`; the first requests are answered by `plan`, all others honestly.
    pub(crate) fn start(files: Vec<(String, Vec<u8>)>, plan: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (log, stopped, mut plan) = (requests.clone(), stop.clone(), plan.into_iter());
        let thread = thread::Builder::new()
            .name("test server".to_owned())
            .spawn(move || {
                while let Ok((stream, _)) = listener.accept() {
                    if stopped.load(Ordering::SeqCst) {
                        break;
                    }
                    // A client that goes away early is what some tests are about.
                    drop(serve(stream, &files, &log, || plan.next().unwrap_or(Reply::Honest)));
                }
            })
            .unwrap();
        Self { address, requests, stop, thread: Some(thread) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// The offsets at which the requests so far started.
    pub(crate) fn starts(&self) -> Vec<Option<usize>> {
        self.requests().into_iter().map(|request| request.start).collect()
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread, which waits for a connection.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// Answers the one request that a connection is for.
fn serve(
    mut stream: TcpStream,
    files: &[(String, Vec<u8>)],
    log: &Mutex<Vec<Request>>,
    reply: impl FnOnce() -> Reply,
) -> io::Result<()> {
    let lines: Vec<String> = BufReader::new(&stream)
        .lines()
        .take_while(|line| !matches!(line.as_deref(), Ok("")))
        .collect::<Result<_, _>>()?;
    let path = lines[0].split(' ').nth(1).unwrap().to_owned();
    let start = lines.iter().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        let start = value.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok();
        start.filter(|_| name.eq_ignore_ascii_case("range"))
    });
    log.lock().unwrap().push(Request { path: path.clone(), start });

    let file =
        files.iter().find(|(name, _)| path.strip_prefix('/') == Some(name)).map(|(_, bytes)| &bytes[..]);
    let Some(file) = file else { return head(&mut stream, 404, &["Content-Length: 0".to_owned()]) };
    match reply() {
        Reply::Honest => send(&mut stream, file, start, file.len()),
        Reply::NoRange => send(&mut stream, file, None, file.len()),
        Reply::OtherRange => send(&mut stream, file, start.map(|start| start - 1), file.len()),
        Reply::Cut(count) => send(&mut stream, file, start, count),
        Reply::Stall(count) => {
            send(&mut stream, file, start, count)?;
            // Until the client gives up.
            stream.read(&mut [0]).map(drop)
        }
        Reply::Instead(other) => send(&mut stream, &other, None, other.len()),
        Reply::Unmeasured(other) => {
            head(&mut stream, 200, &[])?;
            stream.write_all(&other)
        }
        Reply::Status(status) => head(&mut stream, status, &["Content-Length: 0".to_owned()]),
    }
}

/// Sends the file, or the rest from `start`, but no more than `most` bytes.
fn send(stream: &mut TcpStream, file: &[u8], start: Option<usize>, most: usize) -> io::Result<()> {
    let rest = match start {
        Some(start) if start >= file.len() => return head(stream, 416, &["Content-Length: 0".to_owned()]),
        Some(start) => {
            let rest = &file[start..];
            let range = format!("Content-Range: bytes {start}-{}/{}", file.len() - 1, file.len());
            head(stream, 206, &[range, format!("Content-Length: {}", rest.len())])?;
            rest
        }
        None => {
            head(stream, 200, &[format!("Content-Length: {}", file.len())])?;
            file
        }
    };
    stream.write_all(&rest[..most.min(rest.len())])
}

fn head(stream: &mut TcpStream, status: u16, fields: &[String]) -> io::Result<()> {
    write!(stream, "HTTP/1.1 {status} -\r\nConnection: close\r\n")?;
    for field in fields {
        write!(stream, "{field}\r\n")?;
    }
    write!(stream, "\r\n")
}
