//! From words and signs to an expression.

use std::iter::Peekable;
use std::ops::Range;
use std::vec::IntoIter;

use super::lexer::{Kind, Token, tokens};
use super::test::{Literal, Operator, Test};
use super::{Expression, Fault};
use crate::catalog::Key;

/// How deep parentheses and `not` may go: a filter is written by people, and the stack has an end.
const DEEPEST: usize = 100;

/// Reads a filter.
pub(super) fn parse(text: &str) -> Result<Expression, Fault> {
    let mut parser = Parser {
        tokens: tokens(text)?.into_iter().peekable(),
        end: text.trim_end().len(),
        depth: 0,
    };
    if parser.tokens.peek().is_none() {
        return Ok(Expression::All(Vec::new()));
    }
    let expression = parser.any()?;
    match parser.tokens.next() {
        None => Ok(expression),
        Some(token) => Err(Fault {
            message: match token.kind {
                Kind::Close => "unmatched closing parenthesis".to_owned(),
                _ => "missing `and` or `or` before this".to_owned(),
            },
            span: token.span,
        }),
    }
}

struct Parser {
    tokens: Peekable<IntoIter<Token>>,
    end: usize,
    depth: usize,
}

impl Parser {
    fn any(&mut self) -> Result<Expression, Fault> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.missing("this is nested too deeply"));
        }
        let mut parts = vec![self.all()?];
        while self.take(&Kind::Or) {
            parts.push(self.all()?);
        }
        self.depth -= 1;
        Ok(one_or(parts, Expression::Any))
    }

    fn all(&mut self) -> Result<Expression, Fault> {
        let mut parts = vec![self.one()?];
        while self.take(&Kind::And) {
            parts.push(self.one()?);
        }
        Ok(one_or(parts, Expression::All))
    }

    fn one(&mut self) -> Result<Expression, Fault> {
        let mut negated = false;
        while self.take(&Kind::Not) {
            negated = !negated;
        }
        let inner = if self.take(&Kind::Open) {
            let inner = self.any()?;
            if !self.take(&Kind::Close) {
                return Err(self.missing("unclosed parenthesis"));
            }
            inner
        } else {
            Expression::Test(self.test()?)
        };
        Ok(if negated {
            Expression::Not(Box::new(inner))
        } else {
            inner
        })
    }

    fn test(&mut self) -> Result<Test, Fault> {
        let (written, span) = match self.tokens.next() {
            Some(Token {
                kind: Kind::Word(word),
                span,
            }) => (word, span),
            Some(token) => {
                return Err(Fault {
                    span: token.span,
                    message: "missing key here, such as `status` or `metric:psnr`".to_owned(),
                });
            }
            None => return Err(self.missing("missing key at the end")),
        };
        let key = Key::parse(&written).map_err(|error| Fault {
            span: span.clone(),
            message: error.to_string(),
        })?;
        let operator = match self.tokens.peek().map(|token| &token.kind) {
            Some(Kind::Operator(operator)) => {
                let operator = *operator;
                self.tokens.next();
                operator
            }
            Some(Kind::In) => {
                self.tokens.next();
                return self.list(key, Operator::Equal);
            }
            Some(Kind::Not) => {
                self.tokens.next();
                if !self.take(&Kind::In) {
                    return Err(self.missing(&format!("missing `in` after `{written} not`")));
                }
                return self.list(key, Operator::Unequal);
            }
            _ => {
                return Test::flag(key).map_err(|message| Fault { span, message });
            }
        };
        let (literal, span) = self.value(&format!("`{written} {operator}`"))?;
        Test::new(key, operator, vec![literal]).map_err(|message| Fault { span, message })
    }

    /// `(0, 1, 2)`.
    fn list(&mut self, key: Key, operator: Operator) -> Result<Test, Fault> {
        if !self.take(&Kind::Open) {
            return Err(self.missing("`in` needs a list in parentheses, such as `seed in (0, 1)`"));
        }
        let mut test: Option<Test> = None;
        loop {
            let (literal, span) = self.value("`in (`")?;
            let one = Test::new(key.clone(), operator, vec![literal])
                .map_err(|message| Fault { span, message })?;
            match &mut test {
                None => test = Some(one),
                Some(test) => test.join(one),
            }
            if self.take(&Kind::Comma) {
                continue;
            }
            if !self.take(&Kind::Close) {
                return Err(self.missing("missing comma or closing parenthesis"));
            }
            break;
        }
        test.ok_or_else(|| self.missing("the list is empty"))
    }

    fn value(&mut self, after: &str) -> Result<(Literal, Range<usize>), Fault> {
        match self.tokens.peek().map(|token| &token.kind) {
            Some(Kind::Word(_) | Kind::Quoted(_)) => {}
            _ => return Err(self.missing(&format!("missing value after {after}"))),
        }
        let Some(Token { kind, span }) = self.tokens.next() else {
            return Err(self.missing("missing value"));
        };
        match kind {
            Kind::Word(text) | Kind::Quoted(text) => Ok((Literal::of(text), span)),
            _ => Err(self.missing("missing value")),
        }
    }

    fn take(&mut self, wanted: &Kind) -> bool {
        self.tokens.next_if(|token| token.kind == *wanted).is_some()
    }

    /// A fault at the next word, or at the end.
    fn missing(&mut self, message: &str) -> Fault {
        Fault {
            span: match self.tokens.peek() {
                Some(token) => token.span.clone(),
                None => self.end..self.end,
            },
            message: message.to_owned(),
        }
    }
}

/// A lone part stands for itself.
fn one_or(mut parts: Vec<Expression>, whole: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.pop() {
        Some(part) if parts.is_empty() => part,
        Some(part) => {
            parts.push(part);
            whole(parts)
        }
        None => whole(parts),
    }
}
