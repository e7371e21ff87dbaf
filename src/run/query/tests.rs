use jiff::Timestamp;
use proptest::prelude::*;

use super::expr::{Expr, Literal, Operator};
use super::*;
use crate::run::{ListedRun, Liveness, NewRun, Origin, Provenance, RunConfig, RunState, RunStatus, Store};

fn run() -> ListedRun {
    let root = tempfile::tempdir().unwrap();
    let config = RunConfig { seed: 7, ..RunConfig::default() };
    let new = NewRun {
        name: Some("Baseline Two".to_owned()),
        tags: vec!["keep".to_owned(), "paper".to_owned()],
        ..NewRun::new(Timestamp::UNIX_EPOCH, 3, config, Provenance::default())
    };
    let dir = Store::open(root.path()).create(&new).unwrap();
    let mut manifest = dir.manifest().unwrap();
    manifest.summary.best_test_accuracy = Some(0.886);
    manifest.summary.active_seconds = 5400.0;
    let state = RunState::of(RunStatus::Finished, Liveness::Free);
    ListedRun { dir, manifest, state, origin: Origin::Own }
}

#[test]
fn runs_are_found_by_what_they_are() {
    let run = run();
    for (query, want) in [
        ("", true),
        ("preset = cnn and best_acc > 0.88 and not tag:junk", true),
        ("preset = cnn and best_acc > 0.88 and not tag:keep", false),
        ("best_acc >= 88.6%", true),
        ("best > 88.7%", false),
        ("time >= 1.5h and time < 91m", true),
        ("lr=0.01 seed=7", true),
        ("lr != 0.01 or (seed < 8 and state = FINISHED)", true),
        ("not (lr != 0.01) or seed = 8", true),
        ("baseline", true),
        ("base paper", true),
        ("name ~ \"line tw\"", true),
        ("name = \"baseline two\"", true),
        ("tag != junk", true),
        ("tag != keep", false),
        // A missing value is equal to nothing.
        ("loss < 1", false),
        ("not loss < 1", true),
        ("loss != 1", true),
        ("created < 1970-01-02 and created >= 1970-01-01", true),
    ] {
        let parsed: Query = query.parse().unwrap();
        assert_eq!(parsed.matches(&run), want, "{query}");
    }
}

#[test]
fn the_state_can_be_called_as_on_the_screen() {
    let mut run = run();
    run.state.status = RunStatus::Running;
    for query in ["state = training", "state = Training", "state = running"] {
        assert!(query.parse::<Query>().unwrap().matches(&run), "{query}");
    }
}

#[test]
fn and_binds_more_tightly_than_or() {
    let written = |query: &str| query.parse::<Query>().unwrap().to_string();
    assert_eq!(written("a or b and not c"), "(a or (b and not c))");
    assert_eq!(written("a b or c"), "((a and b) or c)");
    assert_eq!(written("lr<=0.1 tag:x"), "(lr <= 0.1 and tag = x)");
}

#[test]
fn errors_say_what_was_expected_and_where() {
    for (query, at, message) in [
        ("preset = cnn and", 16..16, "expected a condition, such as `best_acc > 0.88`"),
        ("best_ac > 0.8", 0..7, "unknown field 'best_ac'; did you mean `best_acc`?"),
        ("lr >", 4..4, "expected a value"),
        ("lr 0.1", 3..6, "expected =, :, !=, <, <=, >, >= or ~ after 'lr'"),
        ("(lr = 1", 0..1, "missing `)` for this `(`"),
        ("lr = 1)", 6..7, "unmatched `)`; remove it"),
        ("name = \"x", 7..9, "missing closing `\"`"),
        ("or lr = 1", 0..2, "expected a condition before 'or'"),
        ("lr ! 1", 3..4, "expected `=` after `!`"),
        ("seed = seven", 7..12, "expected a number for 'seed'"),
        ("created > now", 10..13, "expected a date, such as 2026-11-24 for 'created'"),
        ("lr > 1 && seed = 2", 7..9, "'&&' is not an operator; use `and`, `or` and `not`"),
        (
            "state = done",
            8..12,
            "unknown state 'done'; the states are queued, training, paused, waiting, diverged, finished, stopped, failed, interrupted, elsewhere",
        ),
    ] {
        let error = query.parse::<Query>().unwrap_err();
        assert_eq!(error, QueryError { at, message: message.to_owned() }, "{query}");
    }
    let deep = format!("{}x{}", "(".repeat(100_000), ")".repeat(100_000));
    assert_eq!(
        deep.parse::<Query>().unwrap_err().message,
        "too many nested conditions; use fewer parentheses or `not`"
    );
    assert!("not ".repeat(100_000).parse::<Query>().is_err());
}

#[test]
fn fields_and_values_are_completed() {
    let words = |text: &str| -> Vec<String> {
        let values = |field: Field| match field.name() {
            "preset" => vec!["cnn".to_owned(), "dnn".to_owned()],
            "tag" => vec!["two words".to_owned()],
            _ => Vec::new(),
        };
        complete(text, text.len(), values).into_iter().map(|completion| completion.word).collect()
    };
    assert_eq!(words("best"), ["best_acc", "best_epoch"]);
    assert_eq!(words("lr = 1 a"), ["acc", "and"]);
    assert_eq!(words("preset = "), ["cnn", "dnn"]);
    assert_eq!(words("preset = c"), ["cnn"]);
    assert_eq!(words("state=fin"), ["finished"]);
    assert_eq!(words("tag:"), ["\"two words\""]);
    assert_eq!(words("").len(), Field::all().count());
}

fn expr() -> impl Strategy<Value = Expr> {
    let field = (0..Field::all().count()).prop_map(|index| Field::all().nth(index).unwrap());
    let operator = (0..Operator::ALL.len()).prop_map(|index| Operator::ALL[index].0);
    let literal = ".*".prop_map(|text| Literal { number: text.parse().ok(), text });
    let number =
        any::<i32>().prop_map(|number| Literal { number: Some(number.into()), text: number.to_string() });
    let compare = (field, operator, prop_oneof![literal, number])
        .prop_filter("a number without a unit", |(_, _, literal)| {
            literal.number.is_some() || !literal.text.ends_with(['%', 's', 'm', 'h', 'd'])
        })
        .prop_filter("what can be", |(field, operator, literal)| {
            parse::refusal(*field, *operator, literal).is_none()
        })
        .prop_map(|(field, operator, literal)| Expr::Compare(field, operator, literal));
    let leaf = prop_oneof![compare, ".*".prop_map(Expr::Anywhere)];
    leaf.prop_recursive(4, 32, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Expr::Or(Box::new(a), Box::new(b))),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Expr::And(Box::new(a), Box::new(b))),
            inner.prop_map(|expr| Expr::Not(Box::new(expr))),
        ]
    })
}

proptest! {
    #[test]
    fn a_query_parses_as_it_is_shown(expr in expr()) {
        let query = Query::of(expr);
        let text = query.to_string();
        let again = text.parse::<Query>();
        prop_assert!(again.as_ref().is_ok_and(|again| again.to_string() == text), "{text}: {again:?}");
        prop_assert_eq!(again.unwrap(), query);
    }

    #[test]
    fn no_text_panics(text in ".*", cursor: usize) {
        if let Err(error) = text.parse::<Query>() {
            // What is wrong can be shown.
            prop_assert!(text.get(error.at).is_some());
        }
        complete(&text, cursor % (text.len() + 1), |_| Vec::new());
    }

    #[test]
    fn no_sequence_of_words_panics(
        words in prop::collection::vec(prop::sample::select(vec!["(", ")", "and", "or", "not", "lr", "=", "<", "tag:", "\"", "x", "0.5"]), 0..20)
    ) {
        let text = words.join(" ");
        if let Err(error) = text.parse::<Query>() {
            prop_assert!(text.get(error.at).is_some());
        }
    }
}
