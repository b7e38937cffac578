//! Providers' names, their own words for a password, the steps to get one and to show all mail, by `account::Provider::id`.
//! `other` stands for any that is not in the table.

use crate::Words;

impl Words {
    pub fn provider_name(&self, id: &str) -> String {
        self.value(&Self::provider_id(self, id), &[]).unwrap_or_default()
    }

    /// What the provider calls the secret that a program signs in with.
    pub fn password_word(&self, id: &str) -> String {
        self.attribute(&Self::provider_id(self, id), "password", &[]).unwrap_or_default()
    }

    /// How to get it, a line each, in order.
    pub fn steps(&self, id: &str) -> Vec<String> {
        self.lines(id, "step")
    }

    /// How programs get to see all mail, for a provider that may hide some ([`account::provider::Provider::hides_mail`]);
    /// empty for the others.
    pub fn steps_to_all_mail(&self, id: &str) -> Vec<String> {
        self.lines(id, "all")
    }

    fn lines(&self, id: &str, name: &str) -> Vec<String> {
        let id = Self::provider_id(self, id);
        (1..).map_while(|line| self.attribute(&id, &format!("{name}{line}"), &[])).collect()
    }

    fn provider_id(&self, id: &str) -> String {
        let message = format!("provider-{id}");
        if self.has(&message) { message } else { "provider-other".to_owned() }
    }
}
