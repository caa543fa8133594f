//! Redis for a test: a shared server, of which a test has the keys that begin
//! with its own prefix, or a server of the test's own, which it may stop.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, io, thread};

use testcontainers::ContainerAsync;
use testcontainers::runners::AsyncRunner as _;
use testcontainers_modules::redis::Redis;
use url::Url;
use uuid::Uuid;

/// The variable that names a server: `redis://127.0.0.1:6379`.
pub const URL: &str = "AUTH_TEST_REDIS_URL";

/// Where a server is.
#[derive(Debug, Clone)]
pub struct RedisAddress {
    pub host: String,
    pub port: u16,
    /// `None`: the default user.
    pub user: Option<String>,
    /// `None` where the server asks for none.
    pub password: Option<String>,
    pub database: u8,
}

impl RedisAddress {
    fn parse(url: &str) -> Self {
        let url = Url::parse(url).unwrap();
        let user = url.username();
        let database = url.path().trim_start_matches('/');
        Self {
            host: url.host_str().unwrap_or("127.0.0.1").to_owned(),
            port: url.port().unwrap_or(6379),
            user: (!user.is_empty()).then(|| user.to_owned()),
            password: url.password().map(str::to_owned),
            database: database.parse().unwrap_or(0),
        }
    }

    /// Runs a command on a connection of its own; the answer's values, one an
    /// entry, `(nil)` for nothing.
    pub fn run(&self, command: &[&str]) -> io::Result<Vec<String>> {
        let stream = TcpStream::connect((self.host.as_str(), self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let mut stream = BufReader::new(stream);
        if let Some(password) = &self.password {
            let user = self.user.as_deref().unwrap_or("default");
            ask(&mut stream, &["AUTH", user, password])?;
        }
        ask(&mut stream, &["SELECT", &self.database.to_string()])?;
        ask(&mut stream, command)
    }
}

fn ask(stream: &mut BufReader<TcpStream>, command: &[&str]) -> io::Result<Vec<String>> {
    let mut request = Vec::new();
    write!(request, "*{}\r\n", command.len())?;
    for part in command {
        write!(request, "${}\r\n{part}\r\n", part.len())?;
    }
    stream.get_mut().write_all(&request)?;
    let mut values = Vec::new();
    answer(stream, &mut values)?;
    Ok(values)
}

/// Reads one value of RESP2.
fn answer(stream: &mut BufReader<TcpStream>, values: &mut Vec<String>) -> io::Result<()> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let line = line.trim_end();
    let (kind, rest) = line
        .split_at_checked(1)
        .ok_or(io::ErrorKind::UnexpectedEof)?;
    match (kind, rest.parse::<i64>()) {
        ("-", _) => return Err(io::Error::other(rest.to_owned())),
        ("$" | "*", Ok(-1)) => values.push("(nil)".to_owned()),
        ("$", Ok(length)) => {
            let mut bytes = vec![0; usize::try_from(length).unwrap() + 2];
            stream.read_exact(&mut bytes)?;
            let text = String::from_utf8_lossy(&bytes);
            values.push(text.trim_end_matches("\r\n").to_owned());
        }
        ("*", Ok(length)) => {
            for _value in 0..length {
                answer(stream, values)?;
            }
        }
        _ => values.push(rest.to_owned()),
    }
    Ok(())
}

/// Keys of a test's own. What it leaves runs out by itself.
pub struct TestRedis {
    address: RedisAddress,
    prefix: String,
    _container: Option<ContainerAsync<Redis>>,
}

impl TestRedis {
    /// Keys on the server of [`URL`], else in a container; without either the
    /// test fails and says what to do.
    #[expect(
        clippy::disallowed_methods,
        reason = "tests find their server by a variable"
    )]
    pub async fn new() -> Self {
        let (url, container) = match std::env::var(URL) {
            Ok(url) => (url, None),
            Err(_unset) => start_container().await,
        };
        let address = RedisAddress::parse(&url);
        address
            .run(&["PING"])
            .unwrap_or_else(|error| panic!("{URL}={url} cannot be reached: {error}"));
        Self {
            address,
            prefix: format!("auth_test_{}:", Uuid::now_v7().simple()),
            _container: container,
        }
    }

    pub fn address(&self) -> &RedisAddress {
        &self.address
    }

    /// What the test's keys begin with.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Runs a command.
    pub fn run(&self, command: &[&str]) -> Vec<String> {
        self.address.run(command).unwrap()
    }
}

/// How long a claim of a database outlives the test that made it, in
/// milliseconds: longer than any test may take.
const CLAIM: &str = "300000";
/// A server has 16 databases unless it is told otherwise; number 0 is shared by all.
const NUMBERS: std::ops::RangeInclusive<u8> = 1..=15;

/// A numbered database of a test's own, for a program that knows no prefix: no
/// other test, of whichever process, uses it meanwhile.
pub struct TestRedisDatabase {
    server: TestRedis,
    address: RedisAddress,
}

impl TestRedisDatabase {
    /// Claims and empties a database on the server of [`TestRedis::new`]; waits
    /// while all are claimed.
    pub async fn empty() -> Self {
        let server = TestRedis::new().await;
        let deadline = Instant::now() + Duration::from_mins(1);
        let number = loop {
            if let Some(number) = NUMBERS.clone().find(|&number| is_claimed(&server, number)) {
                break number;
            }
            assert!(Instant::now() < deadline, "all databases of {URL} are used");
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let mut address = server.address().clone();
        address.database = number;
        let database = Self { server, address };
        database.flush();
        database
    }

    pub fn address(&self) -> &RedisAddress {
        &self.address
    }

    /// Forgets everything, as a server does that lost its memory.
    pub fn flush(&self) {
        self.run(&["FLUSHDB"]);
    }

    /// Runs a command.
    pub fn run(&self, command: &[&str]) -> Vec<String> {
        self.address.run(command).unwrap()
    }
}

impl Drop for TestRedisDatabase {
    fn drop(&mut self) {
        let key = claim(self.address.database);
        // The test's own failure, if there is one, matters more; and a claim
        // that stays runs out.
        let Ok(owner) = self.server.address.run(&["GET", &key]) else {
            return;
        };
        if owner == [self.server.prefix()] {
            let _left_behind = self.server.address.run(&["DEL", &key]);
        }
    }
}

fn is_claimed(server: &TestRedis, number: u8) -> bool {
    let key = claim(number);
    server.run(&["SET", &key, server.prefix(), "NX", "PX", CLAIM]) == ["OK"]
}

fn claim(number: u8) -> String {
    format!("auth_test_database:{number}")
}

async fn start_container() -> (String, Option<ContainerAsync<Redis>>) {
    let started = Redis::default().start().await;
    let container = started.unwrap_or_else(|error| {
        panic!(
            "this test needs Redis: run scripts/test.sh, which brings one up, or set {URL} \
             (redis://127.0.0.1:6379), or start Docker ({error})"
        )
    });
    let port = container.get_host_port_ipv4(6379).await.unwrap();
    (format!("redis://127.0.0.1:{port}"), Some(container))
}

/// A server of the test's own, which ends with it: to be stopped and started
/// again, on the same port.
pub struct PrivateRedis {
    address: RedisAddress,
    directory: PathBuf,
    process: Option<Child>,
}

impl PrivateRedis {
    /// A server that runs, without persistence. Needs `redis-server` in the
    /// PATH.
    pub fn start(password: Option<&str>) -> Self {
        let mut server = Self::stopped(password);
        server.start_again();
        server
    }

    /// A server that was not started yet.
    pub fn stopped(password: Option<&str>) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
        let name = format!("auth_test_redis_{}", Uuid::now_v7().simple());
        let directory = std::env::temp_dir().join(name);
        fs::create_dir(&directory).unwrap();
        Self {
            address: RedisAddress {
                host: "127.0.0.1".to_owned(),
                port: port.unwrap().port(),
                user: None,
                password: password.map(str::to_owned),
                database: 0,
            },
            directory,
            process: None,
        }
    }

    pub fn address(&self) -> &RedisAddress {
        &self.address
    }

    /// Starts a stopped server and waits until it answers.
    pub fn start_again(&mut self) {
        let mut command = Command::new("redis-server");
        command
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--port", &self.address.port.to_string()])
            .arg("--dir")
            .arg(&self.directory)
            .stdout(Stdio::null());
        if let Some(password) = &self.address.password {
            command.args(["--requirepass", password]);
        }
        let process = command.spawn().unwrap_or_else(|error| {
            panic!(
                "this test needs redis-server in the PATH (Debian: apt-get install redis-server): \
                 {error}"
            )
        });
        self.process = Some(process);
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.address.run(&["PING"]).is_err() {
            assert!(Instant::now() < deadline, "redis-server does not answer");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Kills the server.
    pub fn stop(&mut self) {
        let Some(mut process) = self.process.take() else {
            return;
        };
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// Runs a command.
    pub fn run(&self, command: &[&str]) -> Vec<String> {
        self.address.run(command).unwrap()
    }

    /// Lets the server hang: its connections stay open, and nothing answers.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Ends [`PrivateRedis::freeze`].
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let process = self.process.as_ref().expect("a server that runs");
        let id = process.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status();
        assert!(sent.unwrap().success(), "kill {signal} {id}");
    }
}

impl Drop for PrivateRedis {
    fn drop(&mut self) {
        self.stop();
        // The test's own failure, if there is one, matters more.
        let _left_behind = fs::remove_dir_all(&self.directory);
    }
}
