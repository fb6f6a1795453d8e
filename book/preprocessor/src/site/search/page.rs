//! What a page of the book says, for the search: its sections, its clauses, and the rows of the table
//! of all clauses.
//!
//! Read from mdBook's HTML, in which headings have the ids that its own index names. Only the text of
//! `main` counts, and of a scenario block its listing: the run beside it says each step four times
//! over. Not an HTML parser: it knows what mdBook and our preprocessor write.

/// A page's text, in pieces that can be found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Page {
    /// The sections, by the ids of their headings. What stands before the first heading has none.
    pub(super) sections: Vec<Piece>,
    /// The clauses; in the text of no section.
    pub(super) clauses: Vec<Clause>,
    /// Rows that begin with an id, as the table of all clauses has them: the text of their cells
    /// but the first.
    pub(super) rows: Vec<Piece>,
    /// The sections in which rows stand.
    pub(super) tables: Vec<String>,
    /// What sections link to: the section, and the place the link names.
    pub(super) links: Vec<(String, String)>,
}

/// A text with an id.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Piece {
    pub(super) id: String,
    pub(super) text: String,
}

/// A clause's paragraph.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Clause {
    pub(super) id: String,
    /// Of the section it stands in.
    pub(super) section: String,
    pub(super) kind: String,
    /// What it says, with kernels and functions.
    pub(super) text: String,
}

/// Elements whose text is not the page's.
const LEFT_OUT: [&str; 6] = [
    "<script",
    "<style",
    "<svg",
    "<div class=\"vfio-irq-runs\"",
    "<div class=\"vfio-irq-live\"",
    "<a class=\"vfio-irq-link\"",
];
/// Elements that separate no words.
const INLINE: [&str; 8] = ["a", "code", "em", "strong", "span", "sub", "sup", "kbd"];
/// mdBook's own index has these, too.
const HEADINGS: [&str; 3] = ["<h1 ", "<h2 ", "<h3 "];

/// Reads a page.
pub(super) fn read(html: &str) -> Page {
    let main = html.split_once("<main>").map_or("", |(_, rest)| rest);
    let mut rest = main.rsplit_once("</main>").map_or(main, |(main, _)| main);
    let mut page = Page { sections: vec![Piece::default()], ..Page::default() };
    while let Some(at) = rest.find('<') {
        page.say(&rest[..at]);
        rest = &rest[at..];
        rest = if LEFT_OUT.iter().any(|start| rest.starts_with(start)) {
            element(rest).1
        } else if HEADINGS.iter().any(|start| rest.starts_with(start)) {
            let (heading, after) = element(rest);
            let id = attribute(heading, "id").unwrap_or_default();
            page.sections.push(Piece { id, text: String::new() });
            after
        } else if let Some((clause, after)) = page.clause(rest) {
            page.clauses.push(clause);
            after
        } else if let Some((row, after)) = row(rest) {
            page.tables.push(page.sections.last().expect("it begins with one").id.clone());
            page.rows.push(row);
            after
        } else {
            let (tag, after) = tag(rest);
            if let Some((_, place)) =
                attribute(tag, "href").as_deref().and_then(|it| it.split_once('#'))
            {
                let section = page.sections.last().expect("it begins with one").id.clone();
                page.links.push((section, place.to_owned()));
            }
            if !INLINE.contains(&name(tag)) {
                page.say(" ");
            }
            after
        };
    }
    page.say(rest);
    for piece in page.sections.iter_mut() {
        piece.text = one_line(&piece.text);
    }
    page
}

impl Page {
    fn say(&mut self, html: &str) {
        let section = self.sections.last_mut().expect("it begins with one");
        section.text += &decoded(html);
    }

    /// The clause that begins here, and what follows it.
    fn clause<'a>(&self, html: &'a str) -> Option<(Clause, &'a str)> {
        let id = html.strip_prefix("<p><a id=\"")?.split_once('"')?.0;
        let (paragraph, after) = element(html);
        let head = format!("<strong>{id}</strong>");
        let (_, said) = paragraph.split_once(&head)?;
        let said = text(said);
        let (kind, text) = said.strip_prefix("· ")?.split_once(" · ")?;
        let section = self.sections.last().expect("it begins with one").id.clone();
        Some((Clause { id: id.into(), section, kind: kind.into(), text: text.into() }, after))
    }
}

fn row(html: &str) -> Option<(Piece, &str)> {
    let id = html.strip_prefix("<tr><td><a id=\"")?.split_once('"')?.0;
    let (row, after) = element(html);
    let cells = row.split_once("</td>").map_or("", |(_, cells)| cells);
    Some((Piece { id: id.to_owned(), text: text(cells) }, after))
}

/// The text of some HTML, on one line.
fn text(html: &str) -> String {
    let wrapped = format!("<main>{html}</main>");
    read(&wrapped).sections.remove(0).text
}

/// The element that begins here, with those of its name in it, and what follows.
fn element(html: &str) -> (&str, &str) {
    let name = name(html);
    let (open, close) = (format!("<{name}"), format!("</{name}>"));
    let (mut depth, mut at) = (1, 1);
    while let Some(end) = html[at..].find(&close) {
        depth += html[at..at + end].matches(&open).count();
        depth -= 1;
        at += end + close.len();
        if depth == 0 {
            return html.split_at(at);
        }
    }
    (html, "")
}

fn tag(html: &str) -> (&str, &str) {
    html.find('>').map_or((html, ""), |end| html.split_at(end + 1))
}

fn name(tag: &str) -> &str {
    let name = tag.trim_start_matches(['<', '/']);
    name.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default()
}

fn attribute(element: &str, name: &str) -> Option<String> {
    let (_, rest) = tag(element).0.split_once(&format!(" {name}=\""))?;
    Some(decoded(rest.split_once('"')?.0))
}

fn decoded(html: &str) -> String {
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(html.to_owned(), |text, (entity, character)| text.replace(entity, character))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_is_read_as_sections_and_clauses() {
        let html = "<nav><h1>no</h1></nav><main>\n<h1 id=\"msi-x\"><a href=\"#msi-x\">MSI-X</a></h1>\
            <p><strong>One &amp; <code>two</code>, three.</strong></p>\n\
            <h2 id=\"growing\">Growing</h2>\
            <p><a id=\"A-1\"></a><strong>A-1</strong> <a class=\"vfio-irq-link\" href=\"#A-1\">¶</a> · \
            <em>documented</em> · It\ndoes: EINVAL. <em>Linux 6.1 · <code>f</code>.</em></p>\n\
            <p>More: <a href=\"b.html#B-2\">B-2</a>.</p></main>";
        let page = read(html);
        assert_eq!(page.links, [("growing".into(), "B-2".into())]);
        let section = |id: &str, text: &str| Piece { id: id.into(), text: text.into() };
        let expected = [
            section("", ""),
            section("msi-x", "One & two, three."),
            section("growing", "More: B-2."),
        ];
        assert_eq!(page.sections, expected);
        let clause = Clause {
            id: "A-1".into(),
            section: "growing".into(),
            kind: "documented".into(),
            text: "It does: EINVAL. Linux 6.1 · f.".into(),
        };
        assert_eq!(page.clauses, [clause]);
    }

    #[test]
    fn block_says_its_listing_only() {
        let html = "<main><div class=\"b\"><pre>fire 0 -&gt; a=1</pre><div class=\"vfio-irq-runs\">\
            <div>inner</div><svg>drawn</svg></div></div><svg>x</svg><p>after</p></main>";
        assert_eq!(read(html).sections[0].text, "fire 0 -> a=1 after");
    }

    #[test]
    fn row_of_the_table_is_not_the_sections() {
        let html = "<main><table><tr><td>a</td><td>b</td></tr><tr><td><a id=\"A-1\"></a>\
            <a href=\"a.html#A-1\">A-1</a></td><td>kind</td><td>It does.</td></tr></table></main>";
        let page = read(html);
        assert_eq!(page.sections[0].text, "a b");
        assert_eq!(page.tables, [""]);
        assert_eq!(page.rows, [Piece { id: "A-1".into(), text: "kind It does.".into() }]);
    }
}
