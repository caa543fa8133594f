//! RabbitMQ for a test: a server of the test's own, which it may stop.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use uuid::Uuid;

/// Where Debian has the programs that are not in the PATH.
const DEBIAN: &str = "/usr/lib/rabbitmq/bin";
/// How far the port of the node is above that for clients.
const BEHIND: u16 = 6_000;
const STARTED_WITHIN: Duration = Duration::from_mins(1);

/// A server of the test's own, which ends with it: to be stopped and started
/// again, on the same port and with the same data. Its user is guest.
pub struct PrivateRabbit {
    directory: PathBuf,
    port: u16,
    node: String,
}

impl PrivateRabbit {
    /// A server that runs. Needs `rabbitmq-server`.
    pub fn start() -> Self {
        let id = Uuid::now_v7().simple().to_string();
        let directory = std::env::temp_dir().join(format!("auth_test_rabbit_{id}"));
        for part in ["home", "data", "log"] {
            fs::create_dir_all(directory.join(part)).unwrap();
        }
        let server = Self {
            port: free_port(),
            node: format!("auth{id}@localhost"),
            directory,
        };
        server.write("plugins", "[].\n");
        server.write("env.conf", "");
        let settings = format!(
            "listeners.tcp.local = 127.0.0.1:{}\nheartbeat = 5\n\
             log.console = true\nlog.file = false\n",
            server.port
        );
        server.write("rabbitmq.conf", &settings);
        server.start_again();
        server
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Starts a stopped server and waits until it answers.
    pub fn start_again(&self) {
        let _absent = fs::remove_file(self.path("pid"));
        let log = fs::File::create(self.path("log/out")).unwrap();
        let mut server = self.program("rabbitmq-server");
        server
            .stdin(Stdio::null())
            .stderr(log.try_clone().unwrap())
            .stdout(log);
        let mut server = server.spawn().unwrap_or_else(|error| {
            panic!(
                "this test needs rabbitmq-server (Debian: apt-get install rabbitmq-server): {error}"
            )
        });
        let deadline = Instant::now() + STARTED_WITHIN;
        while !self.is_up() {
            let ended = server.try_wait().unwrap();
            assert!(
                ended.is_none() && Instant::now() < deadline,
                "rabbitmq-server does not answer ({ended:?}): {}",
                fs::read_to_string(self.path("log/out")).unwrap_or_default()
            );
            thread::sleep(Duration::from_millis(50));
        }
        // Whoever waits for it keeps it from staying behind as a zombie.
        thread::spawn(move || server.wait());
    }

    /// Lets the server end in order.
    pub fn stop(&self) {
        self.signal("-TERM");
        self.wait_until_gone();
    }

    /// Kills the server.
    pub fn kill(&self) {
        self.signal("-KILL");
        self.wait_until_gone();
    }

    /// Lets the server hang: its connections stay open, and nothing answers.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Ends [`PrivateRabbit::freeze`].
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    /// `rabbitmqctl` with those arguments; its output.
    pub fn control(&self, arguments: &[&str]) -> String {
        let done = self.try_control(arguments);
        done.unwrap_or_else(|error| panic!("rabbitmqctl {arguments:?}: {error}"))
    }

    fn try_control(&self, arguments: &[&str]) -> Result<String, String> {
        let mut control = self.program("rabbitmqctl");
        control.args(["-q", "-n", &self.node]).args(arguments);
        let Output {
            status,
            stdout,
            stderr,
        } = control.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        if status.success() {
            Ok(text(stdout))
        } else {
            Err(text(stderr))
        }
    }

    fn program(&self, name: &str) -> Command {
        let debian = Path::new(DEBIAN).join(name);
        let mut command = Command::new(if debian.exists() {
            debian
        } else {
            PathBuf::from(name)
        });
        let port = self.port.to_string();
        let distribution = (self.port + BEHIND).to_string();
        let erlang = "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +sbwt none";
        command
            .env("HOME", self.path("home"))
            .env("RABBITMQ_CONF_ENV_FILE", self.path("env.conf"))
            .env("RABBITMQ_CONFIG_FILE", self.path("rabbitmq"))
            .env("RABBITMQ_NODENAME", &self.node)
            .env("RABBITMQ_NODE_PORT", port)
            .env("RABBITMQ_DIST_PORT", distribution)
            .env("RABBITMQ_MNESIA_BASE", self.path("data"))
            .env("RABBITMQ_LOG_BASE", self.path("log"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", self.path("plugins"))
            .env("RABBITMQ_PID_FILE", self.path("pid"))
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", erlang);
        command
    }

    /// Whether it serves: it accepts connections before that, and closes them.
    fn is_up(&self) -> bool {
        let accepts = || TcpStream::connect(("127.0.0.1", self.port)).is_ok();
        self.process().is_some() && accepts() && self.try_control(&["await_startup"]).is_ok()
    }

    /// The id of the server's process.
    fn process(&self) -> Option<u32> {
        let text = fs::read_to_string(self.path("pid")).ok()?;
        text.trim().parse().ok()
    }

    fn signal(&self, signal: &str) {
        let id = self.process().expect("a server that runs").to_string();
        let sent = Command::new("kill").args([signal, &id]).status();
        assert!(sent.unwrap().success(), "kill {signal} {id}");
    }

    fn wait_until_gone(&self) {
        let deadline = Instant::now() + STARTED_WITHIN;
        while TcpStream::connect(("127.0.0.1", self.port)).is_ok() || self.lives() {
            assert!(Instant::now() < deadline, "rabbitmq-server does not end");
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn lives(&self) -> bool {
        self.process()
            .is_some_and(|id| Path::new(&format!("/proc/{id}")).exists())
    }

    fn path(&self, part: &str) -> PathBuf {
        self.directory.join(part)
    }

    fn write(&self, part: &str, text: &str) {
        fs::write(self.path(part), text).unwrap();
    }
}

impl Drop for PrivateRabbit {
    fn drop(&mut self) {
        if self.lives() {
            // A frozen one takes no other signal.
            self.kill();
        }
        // The test's own failure, if there is one, matters more.
        let _left_behind = fs::remove_dir_all(&self.directory);
    }
}

/// A port that nobody uses, nor the one of the node behind it. Both are below
/// those that the system gives to connections (32768 and up on Linux): trying to
/// connect to one of these until a server listens can connect to itself.
fn free_port() -> u16 {
    let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let first = u16::from_be_bytes([Uuid::new_v4().as_bytes()[0], Uuid::new_v4().as_bytes()[1]]);
    let ports = (0..6_000).map(|next| 20_000 + (first % 6_000 + next) % 6_000);
    let mut ports = ports.filter(|port| free(*port) && free(port + BEHIND));
    ports.next().expect("a free port from 20000 to 26000")
}
