//! The tools of the full page, by their tabs. The tools themselves are a module of their own: see
//! [`tools`](super::tools).

use yew::prelude::*;

use crate::keys::Key;

/// A tool.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tool {
    /// Every run the text allows: can an interrupt be lost?
    Explore,
    /// A SET_IRQS request, field by field.
    Request,
    /// What can happen at the position.
    Inject,
    /// Two hosts on one text.
    Compare,
    /// What looks like misuse.
    Notes,
    /// Which function it is.
    Function,
    /// What people paste, as a scenario.
    Import,
    /// Stories of book and tests.
    Examples,
    /// The last texts that ran.
    Runs,
    /// The whole as link, text, picture or program.
    Share,
}

impl Tool {
    /// All of them, in the order of their tabs.
    pub const ALL: [Self; 10] = [
        Self::Explore,
        Self::Request,
        Self::Inject,
        Self::Compare,
        Self::Notes,
        Self::Function,
        Self::Import,
        Self::Examples,
        Self::Runs,
        Self::Share,
    ];

    /// Its word, in links and as a heading.
    pub fn word(self) -> &'static str {
        match self {
            Self::Explore => "Explore",
            Self::Request => "Request",
            Self::Inject => "Inject",
            Self::Compare => "Compare",
            Self::Notes => "Notes",
            Self::Examples => "Examples",
            Self::Runs => "Runs",
            Self::Share => "Share",
            Self::Import => "Import",
            Self::Function => "Function",
        }
    }

    /// What its tab says.
    pub fn label(self) -> &'static str {
        if self == Self::Explore { QUESTION } else { self.word() }
    }

    /// The tool a link means.
    pub fn by_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.word().eq_ignore_ascii_case(word))
    }
}

/// What [`Tool::Explore`] answers.
pub const QUESTION: &str = "Can this lose an interrupt?";

/// One button for each tool; the open one is pressed, and names the element with id `place`.
pub fn tabs(open: Option<Tool>, place: &str, ask: &Callback<Key>) -> Html {
    let button = |tool: Tool| {
        let on = open == Some(tool);
        let onclick = ask.reform(move |_: MouseEvent| Key::Tool((!on).then_some(tool)));
        html! {
            <button type="button" {onclick} class={on.then_some("vfi-on")} data-tool={tool.word()}
                aria-controls={on.then(|| place.to_owned())}
                aria-expanded={on.to_string()}>{ tool.label() }</button>
        }
    };
    html! {
        <div class="vfi-tabs" role="group" aria-label="Tools">{ for Tool::ALL.into_iter().map(button) }</div>
    }
}
