//! What a long line costs: 50 ms added round trip on both sides, beside the plain loop.

#[path = "bench/naive.rs"]
mod naive;

use harness::command::arguments;
use harness::{Dovecot, MailboxState, Proxy, many, person};
use std::time::Duration;

const ROUND_TRIP: Duration = Duration::from_millis(50);
const MESSAGES: usize = 5_000;
const NAIVE: usize = 300;

#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_messages_over_a_long_line() {
    let (old, new, other) = (Dovecot::start(), Dovecot::start(), Dovecot::start());
    let letters = many(MESSAGES, 3_000);
    old.wire().load(&letters, '/', "");
    let (to_old, to_new) = (Proxy::to(old.tls, ROUND_TRIP), Proxy::to(new.tls, ROUND_TRIP));
    let source = old.url_at("imaps", to_old.port);
    let target = new.url_at("imaps", to_new.port);
    let person = person(&old, &new);
    let run = person.run(&arguments("move", &old, &source, &target)).expect(0);
    assert_eq!((run.count("found"), run.count("stored")), (MESSAGES as u64, MESSAGES as u64));
    MailboxState::of(&old).assert_same(&MailboxState::of(&new));

    let again = person.run(&arguments("move", &old, &source, &target)).expect(0);
    assert_eq!((again.count("stored"), again.count("already")), (0, MESSAGES as u64));

    let to_other = Proxy::to(other.plain, ROUND_TRIP);
    let naive = naive::append_one_by_one(&other, to_other.port, &letters[..NAIVE]).await.as_secs_f64();
    let whole = naive / NAIVE as f64 * MESSAGES as f64;
    println!(
        "at {ROUND_TRIP:?} round trip: {MESSAGES} messages of 3 KB moved in {:.1} s, again in {:.1} s; \
         a loop of append: {NAIVE} in {naive:.1} s, so {MESSAGES} in {whole:.0} s",
        run.seconds, again.seconds
    );
    assert!(run.seconds < 12.0, "{:.1} s", run.seconds);
    assert!(whole > 400.0, "{whole:.0} s");
}
