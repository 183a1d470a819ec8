//! A term: an expression that a solver reads, as SMT-LIB, and that a test evaluates. It is one and the same object.

use std::collections::BTreeMap;
use std::fmt;
use std::ops;
use std::sync::Arc;

/// What a term stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Sort {
    /// True or false.
    Truth,
    /// 64 bits, as a processor computes with them.
    Word,
    /// A whole number, which never wraps.
    Number,
    /// A whole number for each whole number.
    Table,
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Sort::Truth => "Bool",
            Sort::Word => "(_ BitVec 64)",
            Sort::Number => "Int",
            Sort::Table => "(Array Int Int)",
        })
    }
}

/// A value of a term.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// Of [`Sort::Truth`].
    Truth(bool),
    /// Of [`Sort::Word`].
    Word(u64),
    /// Of [`Sort::Number`].
    Number(i128),
    /// Of [`Sort::Table`]: 0 for each number that is not listed.
    Table(Arc<BTreeMap<i128, i128>>),
}

impl Value {
    /// Returns whether it is true. Panics if it is neither.
    pub fn is_true(&self) -> bool {
        match self {
            Value::Truth(truth) => *truth,
            other => panic!("{other:?} is neither true nor false"),
        }
    }

    /// Returns the bits. Panics if it has none.
    pub fn word(&self) -> u64 {
        match self {
            Value::Word(word) => *word,
            other => panic!("{other:?} is no word"),
        }
    }

    /// Returns the number. Panics if it is none.
    pub fn number(&self) -> i128 {
        match self {
            Value::Number(number) => *number,
            other => panic!("{other:?} is no number"),
        }
    }
}

/// The operations. Those on numbers and words have the same names here; the sort decides which SMT-LIB has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Op {
    Not,
    And,
    Or,
    Implies,
    Equal,
    If,
    Add,
    Subtract,
    Less,
    AtMost,
    BitAnd,
    BitOr,
    BitNot,
    ShiftLeft,
    ShiftRight,
    /// The value of a table at a number.
    At,
    /// A table with another value at one number.
    With,
    /// A number modulo a positive number.
    Modulo,
}

#[derive(PartialEq, Debug)]
enum Node {
    Name(&'static str, Sort),
    Literal(Value),
    Apply(Op, Vec<Term>),
    Call(Arc<Function>, Vec<Term>),
}

/// An expression.
#[derive(Clone, PartialEq, Debug)]
pub struct Term(Arc<Node>);

/// A function of the table: what it computes, by its parameters.
#[derive(PartialEq, Debug)]
pub struct Function {
    /// Its name, in the formulas and in the test.
    pub name: &'static str,
    /// The function of the library that it is.
    pub is: &'static str,
    /// Its parameters.
    pub parameters: Vec<(&'static str, Sort)>,
    /// What it returns.
    pub body: Term,
}

impl Function {
    /// Evaluates the function.
    pub fn of(&self, arguments: &[Value]) -> Value {
        assert_eq!(arguments.len(), self.parameters.len(), "{}", self.name);
        self.body.value(&|name| {
            let at =
                self.parameters.iter().position(|(parameter, _)| std::ptr::eq(*parameter, name) || *parameter == name);
            arguments[at.unwrap_or_else(|| panic!("{} has no parameter {name}", self.name))].clone()
        })
    }

    /// Returns the definition, as SMT-LIB.
    pub fn definition(&self) -> String {
        let parameters: Vec<String> = self.parameters.iter().map(|(name, sort)| format!("({name} {sort})")).collect();
        format!("(define-fun {} ({}) {} {})", self.name, parameters.join(" "), self.body.sort(), self.body)
    }
}

/// A name of this sort.
pub fn name(name: &'static str, sort: Sort) -> Term {
    Term(Arc::new(Node::Name(name, sort)))
}

/// The word with these bits.
pub fn word(bits: u64) -> Term {
    Term(Arc::new(Node::Literal(Value::Word(bits))))
}

/// This whole number.
pub fn number(number: i128) -> Term {
    Term(Arc::new(Node::Literal(Value::Number(number))))
}

/// True or false.
pub fn truth(truth: bool) -> Term {
    Term(Arc::new(Node::Literal(Value::Truth(truth))))
}

/// Whether all of these hold.
pub fn all(terms: impl IntoIterator<Item = Term>) -> Term {
    let terms: Vec<Term> = terms.into_iter().collect();
    match terms.len() {
        0 => truth(true),
        1 => terms.into_iter().next().expect("there is one"),
        _ => apply(Op::And, terms),
    }
}

/// Whether one of these holds.
pub fn any(terms: impl IntoIterator<Item = Term>) -> Term {
    let terms: Vec<Term> = terms.into_iter().collect();
    match terms.len() {
        0 => truth(false),
        1 => terms.into_iter().next().expect("there is one"),
        _ => apply(Op::Or, terms),
    }
}

/// The call of a function with these arguments.
pub fn call(function: &Arc<Function>, arguments: impl IntoIterator<Item = Term>) -> Term {
    Term(Arc::new(Node::Call(Arc::clone(function), arguments.into_iter().collect())))
}

fn apply(op: Op, terms: Vec<Term>) -> Term {
    Term(Arc::new(Node::Apply(op, terms)))
}

impl Term {
    fn with(&self, op: Op, other: impl Into<Term>) -> Term {
        apply(op, vec![self.clone(), other.into()])
    }

    /// Whether the two are equal.
    pub fn is(&self, other: impl Into<Term>) -> Term {
        self.with(Op::Equal, other)
    }

    /// Whether the two differ.
    pub fn is_not(&self, other: impl Into<Term>) -> Term {
        self.is(other).not()
    }

    /// Whether this is less. Words are compared without a sign.
    pub fn less(&self, other: impl Into<Term>) -> Term {
        self.with(Op::Less, other)
    }

    /// Whether this is at most the other.
    pub fn at_most(&self, other: impl Into<Term>) -> Term {
        self.with(Op::AtMost, other)
    }

    /// Whether this does not hold.
    #[allow(clippy::should_implement_trait)]
    pub fn not(&self) -> Term {
        apply(Op::Not, vec![self.clone()])
    }

    /// Whether both hold.
    pub fn and(&self, other: impl Into<Term>) -> Term {
        self.with(Op::And, other)
    }

    /// Whether one holds.
    pub fn or(&self, other: impl Into<Term>) -> Term {
        self.with(Op::Or, other)
    }

    /// Whether the other holds if this does.
    pub fn implies(&self, other: impl Into<Term>) -> Term {
        self.with(Op::Implies, other)
    }

    /// One of the two, by whether this holds.
    pub fn choose(&self, then: impl Into<Term>, otherwise: impl Into<Term>) -> Term {
        apply(Op::If, vec![self.clone(), then.into(), otherwise.into()])
    }

    /// The value of this table at a number.
    pub fn at(&self, index: impl Into<Term>) -> Term {
        self.with(Op::At, index)
    }

    /// This table with another value at one number.
    pub fn put(&self, index: impl Into<Term>, value: impl Into<Term>) -> Term {
        apply(Op::With, vec![self.clone(), index.into(), value.into()])
    }

    /// This number modulo a positive one.
    pub fn modulo(&self, modulus: i128) -> Term {
        self.with(Op::Modulo, modulus)
    }

    /// The bits of both.
    pub fn bits_of(&self, other: impl Into<Term>) -> Term {
        self.with(Op::BitAnd, other)
    }

    /// The bits of either.
    pub fn bits_or(&self, other: impl Into<Term>) -> Term {
        self.with(Op::BitOr, other)
    }

    /// The other bits.
    pub fn other_bits(&self) -> Term {
        apply(Op::BitNot, vec![self.clone()])
    }

    /// The bits, higher by this.
    pub fn left(&self, bits: u64) -> Term {
        self.with(Op::ShiftLeft, word(bits))
    }

    /// The bits, lower by this.
    pub fn right(&self, bits: u64) -> Term {
        self.with(Op::ShiftRight, word(bits))
    }

    /// The sort of what it stands for.
    pub fn sort(&self) -> Sort {
        match &*self.0 {
            Node::Name(_, sort) => *sort,
            Node::Literal(Value::Truth(_)) => Sort::Truth,
            Node::Literal(Value::Word(_)) => Sort::Word,
            Node::Literal(Value::Number(_)) => Sort::Number,
            Node::Literal(Value::Table(_)) => Sort::Table,
            Node::Call(function, _) => function.body.sort(),
            Node::Apply(op, terms) => match op {
                Op::Not | Op::And | Op::Or | Op::Implies | Op::Equal | Op::Less | Op::AtMost => Sort::Truth,
                Op::If => terms[1].sort(),
                Op::At | Op::Modulo => Sort::Number,
                Op::With => Sort::Table,
                _ => terms[0].sort(),
            },
        }
    }

    /// Evaluates the term, where names have these values.
    pub fn value(&self, of: &dyn Fn(&'static str) -> Value) -> Value {
        match &*self.0 {
            Node::Name(name, _) => of(name),
            Node::Literal(value) => value.clone(),
            Node::Call(function, arguments) => {
                let arguments: Vec<Value> = arguments.iter().map(|argument| argument.value(of)).collect();
                function.of(&arguments)
            }
            Node::Apply(op, terms) => {
                let truth = |at: usize| terms[at].value(of).is_true();
                match op {
                    Op::Not => Value::Truth(!truth(0)),
                    Op::And => Value::Truth(terms.iter().all(|term| term.value(of).is_true())),
                    Op::Or => Value::Truth(terms.iter().any(|term| term.value(of).is_true())),
                    Op::Implies => Value::Truth(!truth(0) || truth(1)),
                    Op::If => terms[if truth(0) { 1 } else { 2 }].value(of),
                    Op::BitNot => Value::Word(!terms[0].value(of).word()),
                    Op::With => match terms[0].value(of) {
                        Value::Table(mut table) => {
                            let (index, value) = (terms[1].value(of).number(), terms[2].value(of).number());
                            Arc::make_mut(&mut table).insert(index, value);
                            Value::Table(table)
                        }
                        other => panic!("{other:?} is no table"),
                    },
                    _ => binary(*op, terms[0].value(of), terms[1].value(of)),
                }
            }
        }
    }

    /// The names in it, with their sorts.
    pub fn names(&self, found: &mut BTreeMap<&'static str, Sort>) {
        match &*self.0 {
            Node::Name(name, sort) => {
                found.insert(name, *sort);
            }
            Node::Literal(_) => {}
            Node::Apply(_, terms) | Node::Call(_, terms) => terms.iter().for_each(|term| term.names(found)),
        }
    }

    /// This term, with other terms in the place of names.
    pub fn replaced(&self, by: &dyn Fn(&'static str, Sort) -> Option<Term>) -> Term {
        let each = |terms: &[Term]| terms.iter().map(|term| term.replaced(by)).collect();
        match &*self.0 {
            Node::Name(name, sort) => by(name, *sort).unwrap_or_else(|| self.clone()),
            Node::Literal(_) => self.clone(),
            Node::Apply(op, terms) => apply(*op, each(terms)),
            Node::Call(function, terms) => Term(Arc::new(Node::Call(Arc::clone(function), each(terms)))),
        }
    }
}

fn binary(op: Op, left: Value, right: Value) -> Value {
    match (op, left, right) {
        (Op::Equal, left, right) => Value::Truth(left == right),
        (_, Value::Word(a), Value::Word(b)) => match op {
            Op::Add => Value::Word(a.wrapping_add(b)),
            Op::Subtract => Value::Word(a.wrapping_sub(b)),
            Op::Less => Value::Truth(a < b),
            Op::AtMost => Value::Truth(a <= b),
            Op::BitAnd => Value::Word(a & b),
            Op::BitOr => Value::Word(a | b),
            Op::ShiftLeft => Value::Word(a << b),
            Op::ShiftRight => Value::Word(a >> b),
            _ => panic!("{op:?} is for no words"),
        },
        (_, Value::Number(a), Value::Number(b)) => match op {
            Op::Add => Value::Number(a + b),
            Op::Subtract => Value::Number(a - b),
            Op::Less => Value::Truth(a < b),
            Op::AtMost => Value::Truth(a <= b),
            Op::Modulo => Value::Number(a.rem_euclid(b)),
            _ => panic!("{op:?} is for no numbers"),
        },
        (Op::At, Value::Table(table), Value::Number(index)) => {
            Value::Number(table.get(&index).copied().unwrap_or_default())
        }
        (op, left, right) => panic!("{op:?} is not for {left:?} and {right:?}"),
    }
}

impl ops::Add<Term> for &Term {
    type Output = Term;
    fn add(self, other: Term) -> Term {
        self.with(Op::Add, other)
    }
}

impl ops::Add<&Term> for &Term {
    type Output = Term;
    fn add(self, other: &Term) -> Term {
        self.with(Op::Add, other.clone())
    }
}

impl<T: Into<Term>> ops::Add<T> for Term {
    type Output = Term;
    fn add(self, other: T) -> Term {
        self.with(Op::Add, other)
    }
}

impl ops::Add<i128> for &Term {
    type Output = Term;
    fn add(self, other: i128) -> Term {
        self.with(Op::Add, other)
    }
}

impl ops::Sub<Term> for &Term {
    type Output = Term;
    fn sub(self, other: Term) -> Term {
        self.with(Op::Subtract, other)
    }
}

impl ops::Sub<&Term> for &Term {
    type Output = Term;
    fn sub(self, other: &Term) -> Term {
        self.with(Op::Subtract, other.clone())
    }
}

impl ops::Sub<i128> for &Term {
    type Output = Term;
    fn sub(self, other: i128) -> Term {
        self.with(Op::Subtract, other)
    }
}

impl<T: Into<Term>> ops::Sub<T> for Term {
    type Output = Term;
    fn sub(self, other: T) -> Term {
        self.with(Op::Subtract, other)
    }
}

impl From<&Term> for Term {
    fn from(term: &Term) -> Self {
        term.clone()
    }
}

impl From<i128> for Term {
    fn from(value: i128) -> Self {
        number(value)
    }
}

impl From<i32> for Term {
    fn from(value: i32) -> Self {
        number(value.into())
    }
}

impl From<u64> for Term {
    fn from(bits: u64) -> Self {
        word(bits)
    }
}

impl From<bool> for Term {
    fn from(value: bool) -> Self {
        truth(value)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Truth(truth) => write!(f, "{truth}"),
            Value::Word(bits) => write!(f, "#x{bits:016x}"),
            Value::Number(number) if *number < 0 => write!(f, "(- {})", -number),
            Value::Number(number) => write!(f, "{number}"),
            Value::Table(_) => f.write_str("; no table is a literal"),
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = |f: &mut fmt::Formatter<'_>, head: &str, terms: &[Term]| {
            write!(f, "({head}")?;
            terms.iter().try_for_each(|term| write!(f, " {term}"))?;
            f.write_str(")")
        };
        match &*self.0 {
            Node::Name(name, _) => f.write_str(name),
            Node::Literal(value) => write!(f, "{value}"),
            Node::Call(function, terms) => listed(f, function.name, terms),
            Node::Apply(op, terms) => {
                let is_word = terms[0].sort() == Sort::Word;
                let head = match (op, is_word) {
                    (Op::Not, _) => "not",
                    (Op::And, _) => "and",
                    (Op::Or, _) => "or",
                    (Op::Implies, _) => "=>",
                    (Op::Equal, _) => "=",
                    (Op::If, _) => "ite",
                    (Op::Add, true) => "bvadd",
                    (Op::Add, false) => "+",
                    (Op::Subtract, true) => "bvsub",
                    (Op::Subtract, false) => "-",
                    (Op::Less, true) => "bvult",
                    (Op::Less, false) => "<",
                    (Op::AtMost, true) => "bvule",
                    (Op::AtMost, false) => "<=",
                    (Op::BitAnd, _) => "bvand",
                    (Op::BitOr, _) => "bvor",
                    (Op::BitNot, _) => "bvnot",
                    (Op::ShiftLeft, _) => "bvshl",
                    (Op::ShiftRight, _) => "bvlshr",
                    (Op::At, _) => "select",
                    (Op::With, _) => "store",
                    (Op::Modulo, _) => "mod",
                };
                listed(f, head, terms)
            }
        }
    }
}
