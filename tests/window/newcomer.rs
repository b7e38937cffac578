//! Somebody who sees the window for the first time: in Chinese, nothing filled in, two servers of the company's own.

use crate::page::{ADDRESS, Person};
use harness::{Certificate, Desk, Dovecot, MailboxState, Options, PASSWORD, many};

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_types_everything_and_the_mail_moves() {
    let own = || Dovecot::with(Options { certificate: Certificate::SelfSigned, ..Options::default() });
    let (old, new) = (own(), own());
    old.wire().load(&many(60, 2_000), '/', "");
    let before = MailboxState::of(&old);
    let person = Person::with(Desk { language: "zh_CN.UTF-8".into(), ..Desk::default() }, None);
    let page = person.open().await;
    page.until_title("您想做什么?").await;
    page.picture("newcomer-1-home").await;
    page.press("搬我的邮箱").await;
    page.until_title("登录两个邮箱").await;
    page.picture("newcomer-2-accounts").await;
    page.type_into("[data-address=old]", ADDRESS).await;
    page.until_text("没有自动找到。请选服务商,或问管理员服务器地址。").await;
    page.picture("newcomer-3-not-found").await;
    for (side, server) in [("old", &old), ("new", &new)] {
        page.click(&format!(".side.{side} .tiles li:last-child .tile")).await;
        page.type_into(&format!(".side.{side} [data-host]"), "localhost").await;
        page.type_into(&format!(".side.{side} input[inputmode=numeric]"), &server.tls.to_string()).await;
        page.type_into(&format!("[data-password={side}]"), PASSWORD).await;
    }
    page.picture("newcomer-4-typed").await;
    page.press_main().await;
    page.until_text("连接不安全,已停止;密码没有发出。").await;
    page.picture("newcomer-5-certificate").await;
    for side in ["old", "new"] {
        page.click(&format!(".side.{side} .trust-it input")).await;
        page.click(&format!(".side.{side} .trust-it button")).await;
        if side == "old" {
            page.until_text("已登录").await;
        }
    }
    page.until_title("60 封邮件,可以搬了").await;
    page.picture("newcomer-6-check").await;
    page.press_main().await;
    page.until_title("全部搬完,逐封核对一致").await;
    page.until_text("这次搬了 60 封").await;
    page.picture("newcomer-7-result").await;
    before.assert_same(&MailboxState::of(&new));
    assert_eq!(MailboxState::of(&old), before, "the old mailbox is only read");
    page.press_main().await;
    page.until_title("邮件已搬好").await;
    page.picture("newcomer-8-finish").await;
    page.press("结束搬家").await;
    page.until_text("要结束这次搬家吗?").await;
    page.picture("newcomer-9-ask").await;
    page.click("dialog[open] .answers .second").await;
    page.until_title("您想做什么?").await;
    page.picture("newcomer-10-home").await;
    assert_eq!(person.kept_passwords(), 0);
    page.close().await;
}
