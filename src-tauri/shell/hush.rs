//! Nothing secret leaves the process when it dies: no core dump, and a panic tells where, not what, since its
//! text may hold what was being read.

/// Once, before anything else.
pub(crate) fn hush() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        // Without this right a core file is at most what the person's own settings allow.
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
    std::panic::set_hook(Box::new(|panic| match panic.location() {
        Some(place) => eprintln!("Mailferry failed at {}:{}", place.file(), place.line()),
        None => eprintln!("Mailferry failed"),
    }));
}
