//! `report.tex`: the report as a LaTeX document that takes its tables and figures from the files next to it.

use std::fmt::Write as _;

use crate::Made;
use crate::claims::Judged;
use crate::table::{digits, escaped, number, p_value, signed};

/// What the document needs: packages of every LaTeX distribution. A table that is wider than the page is made as wide as
/// the page.
const PREAMBLE: &str = r"\documentclass{article}
\usepackage{iftex}
\ifPDFTeX
  \usepackage[T1]{fontenc}
  \usepackage[utf8]{inputenc}
  \IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
\else
  \usepackage{fontspec}
\fi
\usepackage{textcomp}
\usepackage[margin=25mm]{geometry}
\usepackage{booktabs}
\usepackage{graphicx}

% Tables that are wider than the page become as wide as the page.
\newsavebox{\tablebox}
\AddToHook{env/tabular/before}{\begin{lrbox}{\tablebox}}
\AddToHook{env/tabular/after}{\end{lrbox}%
  \ifdim\wd\tablebox>\linewidth\resizebox{\linewidth}{!}{\usebox{\tablebox}}\else\usebox{\tablebox}\fi}
";

impl Made {
    /// The document: introduction, claims, tables, figures.
    pub(super) fn document(&self) -> String {
        let report = &self.report;
        let mut text = format!(
            "% Made by colorize {} from {}. To compile it here: pdflatex report.tex\n\
             % Labels in letters that are not Latin need lualatex or xelatex, and a font that has them.\n{PREAMBLE}\n",
            env!("CARGO_PKG_VERSION"),
            report.path.display().to_string().replace(['\n', '\r'], " "),
        );
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\\title{{{}}}\n\\author{{}}\n\\date{{}}\n\n\\begin{{document}}\n\\maketitle\n",
            escaped(&report.title)
        );
        for paragraph in crate::page::paragraphs(&report.introduction) {
            let _ = write!(text, "\n{}\n", escaped(&paragraph));
        }
        if !self.judged.is_empty() {
            text.push_str("\n\\section{Claims}\n\n\\begin{enumerate}\n");
            for judged in &self.judged {
                let _ = writeln!(text, "\\item {}", claim(judged));
            }
            text.push_str("\\end{enumerate}\n");
        }
        if !self.tables.is_empty() {
            text.push_str("\n\\section{Tables}\n\n");
            for table in &self.tables {
                let _ = writeln!(text, "\\input{{tables/{}.tex}}", table.name);
            }
            text.push_str("\\clearpage\n");
        }
        if !self.drawings.is_empty() {
            text.push_str("\n\\section{Figures}\n");
        }
        for drawing in &self.drawings {
            let caption = match drawing.caption.as_str() {
                "" => escaped(&drawing.title),
                caption => format!("{}. {}", escaped(&drawing.title), escaped(caption)),
            };
            let _ = write!(
                text,
                "\n\\begin{{figure}}[p]\n\\centering\n\
                 \\includegraphics[width=\\linewidth,height=0.8\\textheight,keepaspectratio]{{figures/{}.pdf}}\n\
                 \\caption{{{caption}}}\n\\label{{fig:{}}}\n\\end{{figure}}\n\\clearpage\n",
                drawing.name, drawing.name
            );
        }
        text.push_str("\n\\end{document}\n");
        text
    }
}

/// A claim, its verdict and its numbers, as a sentence each.
fn claim(judged: &Judged) -> String {
    let mut words = format!(
        "{} \\emph{{{}}}",
        escaped(&judged.claim.text),
        escaped(&sentence(judged.verdict_name()))
    );
    match &judged.result {
        Ok(numbers) => {
            let comparison = &numbers.comparison;
            let metric = judged.claim.metric;
            let digits = digits(metric);
            let unit = metric
                .unit()
                .map_or(String::new(), |unit| format!(" {unit}"));
            let interval = format!(
                "{}: {} against {}{unit}, difference {} (95% interval {} to {}), p {}.",
                metric.title(),
                number(Some(comparison.of.value), digits),
                number(Some(comparison.against.value), digits),
                signed(comparison.difference, digits),
                signed(comparison.interval.low, digits),
                signed(comparison.interval.high, digits),
                p_value(numbers.p_value),
            );
            let _ = write!(words, " {}", escaped(&interval));
        }
        Err(reason) => {
            let _ = write!(words, " {}", escaped(&sentence(&reason.to_string())));
        }
    }
    words
}

/// `Supported.`
fn sentence(words: &str) -> String {
    format!("{}.", crate::page::capitalized(words))
}
