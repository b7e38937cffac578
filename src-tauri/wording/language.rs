//! The two languages and their messages.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::{LanguageIdentifier, langid};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    Chinese,
    English,
}

impl Language {
    /// Any kind of Chinese is Chinese, anything else English: `zh-CN`, `zh_CN.UTF-8`, `zh-Hant-TW`, `de`.
    pub fn from_tag(tag: &str) -> Self {
        let primary: String = tag.chars().take_while(char::is_ascii_alphabetic).collect();
        if primary.eq_ignore_ascii_case("zh") { Language::Chinese } else { Language::English }
    }

    /// BCP 47.
    pub fn tag(self) -> &'static str {
        match self {
            Language::Chinese => "zh-CN",
            Language::English => "en",
        }
    }

    pub(crate) fn sources(self) -> [&'static str; 4] {
        match self {
            Language::Chinese => [
                include_str!("words/zh-CN/problems.ftl"),
                include_str!("words/zh-CN/providers.ftl"),
                include_str!("words/zh-CN/report.ftl"),
                include_str!("words/zh-CN/command.ftl"),
            ],
            Language::English => [
                include_str!("words/en/problems.ftl"),
                include_str!("words/en/providers.ftl"),
                include_str!("words/en/report.ftl"),
                include_str!("words/en/command.ftl"),
            ],
        }
    }

    fn identifier(self) -> LanguageIdentifier {
        match self {
            Language::Chinese => langid!("zh-CN"),
            Language::English => langid!("en"),
        }
    }
}

/// What fills a gap in a sentence. Numbers are grouped by thousands and choose the plural.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Text(String),
    Number(u64),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Value::Number(number)
    }
}

/// All sentences in one language. Costs a few milliseconds to make; keep it.
pub struct Words {
    language: Language,
    bundle: FluentBundle<FluentResource>,
}

impl Words {
    pub fn new(language: Language) -> Self {
        let mut bundle = FluentBundle::new_concurrent(vec![language.identifier()]);
        // The marks around filled-in text would show as boxes on terminals.
        bundle.set_use_isolating(false);
        bundle.set_formatter(Some(|value, _| match value {
            FluentValue::Number(number) => Some(crate::number::grouped(number.value as u64)),
            _ => None,
        }));
        for source in language.sources() {
            // A faulty message is left out; the tests see to it that there is none.
            let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(resource, _)| resource);
            bundle.add_resource_overriding(resource);
        }
        Self { language, bundle }
    }

    pub fn language(&self) -> Language {
        self.language
    }

    /// A message without gaps. An unknown id gives the id.
    pub fn text(&self, id: &str) -> String {
        self.fill(id, &[])
    }

    /// A message with its gaps filled.
    pub fn fill(&self, id: &str, values: &[(&str, Value)]) -> String {
        self.value(id, values).unwrap_or_else(|| id.to_owned())
    }

    pub fn has(&self, id: &str) -> bool {
        self.bundle.has_message(id)
    }

    pub(crate) fn value(&self, id: &str, values: &[(&str, Value)]) -> Option<String> {
        self.render(id, None, values)
    }

    pub(crate) fn attribute(&self, id: &str, name: &str, values: &[(&str, Value)]) -> Option<String> {
        self.render(id, Some(name), values)
    }

    fn render(&self, id: &str, attribute: Option<&str>, values: &[(&str, Value)]) -> Option<String> {
        let message = self.bundle.get_message(id)?;
        let pattern = match attribute {
            Some(name) => message.get_attribute(name)?.value(),
            None => message.value()?,
        };
        let mut arguments = FluentArgs::with_capacity(values.len());
        for (name, value) in values {
            match value {
                Value::Text(text) => arguments.set(*name, text.as_str()),
                Value::Number(number) => arguments.set(*name, *number),
            }
        }
        Some(self.bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned())
    }
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Words").field("language", &self.language).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_systems_are_understood() {
        for tag in ["zh-CN", "zh_CN.UTF-8", "ZH", "zh-Hant-TW"] {
            assert_eq!(Language::from_tag(tag), Language::Chinese, "{tag}");
        }
        for tag in ["en", "en_US.UTF-8", "C", "", "zha", "de-DE"] {
            assert_eq!(Language::from_tag(tag), Language::English, "{tag}");
        }
    }
}
