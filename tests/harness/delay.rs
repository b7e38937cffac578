//! A TCP proxy that makes the line long without making it thin: octets wait their time and then go on, up to
//! 4 MiB in flight a connection and direction. It can also make it thin, freeze, cut and refuse.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Octets on the way in one direction of one connection.
const IN_FLIGHT: usize = 4 << 20;

#[derive(Default)]
struct State {
    /// One way, in microseconds.
    delay: AtomicU64,
    /// Octets that may still pass, both ways together, before everything is cut; negative: no end.
    left: AtomicI64,
    frozen: AtomicBool,
    /// What the server sends stays here; what is sent to it goes on.
    unanswered: AtomicBool,
    refusing: AtomicBool,
    ended: AtomicBool,
    accepted: AtomicU64,
    passed: AtomicU64,
    /// Connections up to this one, counted by `accepted`, are frozen; later ones are not.
    frozen_to: AtomicU64,
    /// Of `passed`; 0: never.
    freeze_at: AtomicU64,
    open: Mutex<Vec<TcpStream>>,
    /// Octets a second in each direction, all connections together; 0: any number.
    width: AtomicU64,
    /// When the next octets may pass: to the server, and from it.
    turns: [Mutex<Option<Instant>>; 2],
}

/// Listens on a loopback port of its own; ended when dropped.
pub struct Proxy {
    pub port: u16,
    state: Arc<State>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Proxy {
    /// Leads to `port` of the loopback; `round_trip` is added to every answer.
    pub fn to(port: u16, round_trip: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap().port();
        let state = Arc::new(State { left: AtomicI64::new(-1), ..State::default() });
        state.delay.store((round_trip / 2).as_micros() as u64, Ordering::Relaxed);
        let shared = Arc::clone(&state);
        let thread = thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if shared.ended.load(Ordering::Relaxed) {
                    return;
                }
                let number = shared.accepted.fetch_add(1, Ordering::Relaxed) + 1;
                if shared.refusing.load(Ordering::Relaxed) {
                    continue;
                }
                if let Ok(server) = TcpStream::connect(("127.0.0.1", port)) {
                    lead(client, server, &shared, number);
                }
            }
        });
        Self { port: own, state, thread: Some(thread) }
    }

    /// After so many more octets, both ways together, all connections are cut. Once: new ones pass.
    pub fn cut_after(&self, octets: u64) {
        self.state.left.store(octets as i64, Ordering::Relaxed);
    }

    pub fn cut_now(&self) {
        self.state.cut();
    }

    /// No more than so many octets a second pass in each direction, all connections together.
    pub fn narrow(&self, octets_per_second: u64) {
        self.state.width.store(octets_per_second, Ordering::Relaxed);
    }

    /// As a router does that forgot its connections: both sides get a reset, what was on the way is lost.
    pub fn reset_now(&self) {
        for stream in self.state.open.lock().unwrap().drain(..) {
            let _ = rustix::net::connect_unspec(&stream);
        }
    }

    /// Connections stay open and nothing comes through any more.
    pub fn freeze(&self, on: bool) {
        self.state.freeze_at.store(0, Ordering::Relaxed);
        self.state.frozen.store(on, Ordering::Relaxed);
    }

    /// What the connections of now have on the way comes so much later, even when nobody is there any more who sent it;
    /// new connections are not touched. So does a virus scanner or a gateway that reads ahead.
    pub fn delay_the_open(&self, time: Duration) {
        let (state, number) = (Arc::clone(&self.state), self.accepted());
        state.frozen_to.store(number, Ordering::Relaxed);
        thread::spawn(move || {
            thread::sleep(time);
            // Unless it was said of later ones meanwhile.
            let _ = state.frozen_to.compare_exchange(number, 0, Ordering::Relaxed, Ordering::Relaxed);
        });
    }

    /// The server goes on hearing everything, and nothing that it says arrives.
    pub fn swallow_answers(&self, on: bool) {
        self.state.unanswered.store(on, Ordering::Relaxed);
    }

    /// As [`Proxy::freeze`], after so many more octets, both ways together.
    pub fn freeze_after(&self, octets: u64) {
        self.state.freeze_at.store(self.passed() + octets, Ordering::Relaxed);
    }

    /// New connections are closed at once, without a word.
    pub fn refuse(&self, on: bool) {
        self.state.refusing.store(on, Ordering::Relaxed);
    }

    /// Connections so far.
    pub fn accepted(&self) -> u64 {
        self.state.accepted.load(Ordering::Relaxed)
    }

    /// Octets so far, both ways together.
    pub fn passed(&self) -> u64 {
        self.state.passed.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::Relaxed);
        self.state.cut();
        // Wakes the listener.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl State {
    fn cut(&self) {
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn holds(&self, number: u64, answers: bool) -> bool {
        let held = self.frozen.load(Ordering::Relaxed)
            || number <= self.frozen_to.load(Ordering::Relaxed)
            || (answers && self.unanswered.load(Ordering::Relaxed));
        held && !self.ended.load(Ordering::Relaxed)
    }

    /// Octets that may be on the way in one direction of one connection.
    fn in_flight(&self) -> usize {
        match self.width.load(Ordering::Relaxed) {
            0 => IN_FLIGHT,
            // What a narrow line holds is not much.
            width => (width / 10) as usize,
        }
    }

    /// Waits until so many octets have crossed a narrow line.
    fn squeeze(&self, octets: usize, answers: bool) {
        let width = self.width.load(Ordering::Relaxed);
        if width == 0 {
            return;
        }
        let crossed = {
            let mut turn = self.turns[usize::from(answers)].lock().unwrap();
            let begins = turn.map_or_else(Instant::now, |turn| turn.max(Instant::now()));
            *turn.insert(begins + Duration::from_secs_f64(octets as f64 / width as f64))
        };
        thread::sleep(crossed.saturating_duration_since(Instant::now()));
    }

    /// Counts octets; true when the line is to be cut here.
    fn spends(&self, octets: usize) -> bool {
        let passed = self.passed.fetch_add(octets as u64, Ordering::Relaxed) + octets as u64;
        let freeze_at = self.freeze_at.load(Ordering::Relaxed);
        if freeze_at > 0 && passed >= freeze_at {
            self.freeze_at.store(0, Ordering::Relaxed);
            self.frozen.store(true, Ordering::Relaxed);
        }
        if self.left.load(Ordering::Relaxed) < 0 {
            return false;
        }
        let left = self.left.fetch_sub(octets as i64, Ordering::Relaxed) - octets as i64;
        left < 0
    }
}

fn lead(client: TcpStream, server: TcpStream, state: &Arc<State>, number: u64) {
    for stream in [&client, &server] {
        let _ = stream.set_nodelay(true);
        if let Ok(clone) = stream.try_clone() {
            state.open.lock().unwrap().push(clone);
        }
    }
    if let (Ok(from_client), Ok(from_server)) = (client.try_clone(), server.try_clone()) {
        one_way(from_client, server, Arc::clone(state), number, false);
        one_way(from_server, client, Arc::clone(state), number, true);
    }
}

#[derive(Default)]
struct Line {
    /// None marks the end.
    waiting: VecDeque<(Instant, Option<Vec<u8>>)>,
    octets: usize,
    broken: bool,
}

fn one_way(mut from: TcpStream, mut to: TcpStream, state: Arc<State>, number: u64, answers: bool) {
    let line = Arc::new((Mutex::new(Line::default()), Condvar::new()));
    let (reading, reader_state) = (Arc::clone(&line), Arc::clone(&state));
    thread::spawn(move || {
        let mut buffer = vec![0; 64 << 10];
        loop {
            let read = from.read(&mut buffer).unwrap_or(0);
            let due = Instant::now() + Duration::from_micros(reader_state.delay.load(Ordering::Relaxed));
            let (lock, moved) = &*reading;
            let mut line = lock.lock().unwrap();
            while line.octets >= reader_state.in_flight() && !line.broken {
                line = moved.wait(line).unwrap();
            }
            line.octets += read;
            line.waiting.push_back((due, (read > 0).then(|| buffer[..read].to_vec())));
            moved.notify_all();
            if read == 0 || line.broken {
                return;
            }
        }
    });
    thread::spawn(move || {
        let (lock, moved) = &*line;
        loop {
            let mut waiting = lock.lock().unwrap();
            while waiting.waiting.is_empty() {
                waiting = moved.wait(waiting).unwrap();
            }
            let (due, octets) = waiting.waiting.pop_front().unwrap();
            drop(waiting);
            thread::sleep(due.saturating_duration_since(Instant::now()));
            while state.holds(number, answers) {
                thread::sleep(Duration::from_millis(10));
            }
            state.squeeze(octets.as_ref().map_or(0, Vec::len), answers);
            let Some(octets) = octets else {
                let _ = to.shutdown(Shutdown::Write);
                return;
            };
            let cut = state.spends(octets.len());
            let sent = !cut && to.write_all(&octets).is_ok();
            let mut waiting = lock.lock().unwrap();
            waiting.octets -= octets.len();
            waiting.broken = !sent;
            moved.notify_all();
            drop(waiting);
            if cut {
                state.left.store(-1, Ordering::Relaxed);
                state.cut();
            }
            if !sent {
                return;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers every octet with itself.
    fn echo() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                thread::spawn(move || {
                    let mut reader = stream.try_clone().unwrap();
                    std::io::copy(&mut reader, &mut stream)
                });
            }
        });
        port
    }

    #[test]
    fn the_line_is_long_and_not_thin() {
        let proxy = Proxy::to(echo(), Duration::from_millis(50));
        let mut stream = TcpStream::connect(("127.0.0.1", proxy.port)).unwrap();
        // The shortest of several: others use this machine too.
        let round_trip = |_| {
            let before = Instant::now();
            stream.write_all(b"x").unwrap();
            stream.read_exact(&mut [0]).unwrap();
            before.elapsed().as_millis()
        };
        let shortest = (0..8).map(round_trip).min().unwrap();
        assert!((50..90).contains(&shortest), "{shortest} ms");
        let big = vec![7; 8 << 20];
        let mut writer = stream.try_clone().unwrap();
        let before = Instant::now();
        let copy = big.clone();
        let sending = thread::spawn(move || writer.write_all(&copy).unwrap());
        let mut back = vec![0; big.len()];
        stream.read_exact(&mut back).unwrap();
        sending.join().unwrap();
        assert!(back == big && before.elapsed() < Duration::from_secs(4), "{:?}", before.elapsed());
    }

    #[test]
    fn a_narrow_line_is_shared() {
        let proxy = Proxy::to(echo(), Duration::ZERO);
        proxy.narrow(1_000_000);
        let before = Instant::now();
        let sending = (0..2).map(|_| {
            let mut stream = TcpStream::connect(("127.0.0.1", proxy.port)).unwrap();
            thread::spawn(move || {
                stream.write_all(&[7; 200_000]).unwrap();
                stream.read_exact(&mut [0; 200_000]).unwrap();
            })
        });
        sending.collect::<Vec<_>>().into_iter().for_each(|sending| sending.join().unwrap());
        let took = before.elapsed().as_millis();
        assert!((400..3_000).contains(&took), "{took} ms");
    }

    #[test]
    fn what_a_dead_client_sent_may_come_late() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Proxy::to(listener.local_addr().unwrap().port(), Duration::ZERO);
        let connect = || TcpStream::connect(("127.0.0.1", proxy.port)).unwrap();
        let (mut dead, (mut heard, _)) = (connect(), listener.accept().unwrap());
        proxy.delay_the_open(Duration::from_millis(300));
        dead.write_all(b"late").unwrap();
        drop(dead);
        let (mut alive, (mut other, _)) = (connect(), listener.accept().unwrap());
        alive.write_all(b"new").unwrap();
        other.read_exact(&mut [0; 3]).unwrap();
        heard.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        assert!(heard.read(&mut [0; 4]).is_err());
        heard.set_read_timeout(None).unwrap();
        let mut late = Vec::new();
        heard.read_to_end(&mut late).unwrap();
        assert_eq!(late, b"late");
    }

    #[test]
    fn cuts_once_and_lets_new_connections_pass() {
        let proxy = Proxy::to(echo(), Duration::ZERO);
        proxy.cut_after(10);
        let mut first = TcpStream::connect(("127.0.0.1", proxy.port)).unwrap();
        first.write_all(&[1; 20]).unwrap();
        assert_eq!(first.read(&mut [0; 20]).unwrap_or(0), 0);
        let mut second = TcpStream::connect(("127.0.0.1", proxy.port)).unwrap();
        second.write_all(b"x").unwrap();
        second.read_exact(&mut [0]).unwrap();
        assert_eq!(proxy.accepted(), 2);
    }
}
