//! Every message that a user can get about an experiment file.
//!
//! The messages are the product here: each snapshot is to be read as the user would read it.

use std::fmt::Write as _;
use std::path::Path;

use colorize::experiment::{Experiment, Fault, Overrides, Problem, Resolved, check_names};

use super::{Desk, ROOT, root_with, set};

/// Messages under headings, for one snapshot.
#[derive(Default)]
struct Messages(String);

impl Messages {
    fn add(&mut self, heading: &str, message: &str) {
        let gap = if self.0.is_empty() { "" } else { "\n" };
        writeln!(self.0, "{gap}## {heading}\n{message}").unwrap();
    }
}

#[test]
fn unknown_keys() {
    let desk = Desk::new();
    let mut messages = Messages::default();
    messages.add(
        "in a section",
        &desk.message(root_with("steps =", "stepps =")),
    );
    messages.add(
        "at the top",
        &desk.message(format!("titel = \"Stop signs\"\n{ROOT}")),
    );
    messages.add(
        "a section",
        &desk.message(format!("{ROOT}\n[evaluation]\nimages = 3\n")),
    );
    messages.add(
        "of another section",
        &desk.message(root_with("size = 256", "size = 256\nbatch_size = 8")),
    );
    messages.add(
        "of a table in a section",
        &desk.message(root_with("learning_rate", "lr")),
    );
    messages.add(
        "in `[quick]`, which is not asked for",
        &desk.message(format!(
            "{ROOT}\n[quick.trian]\nsteps = 3\n\n[quick.train]\nstep = 3\n"
        )),
    );
    insta::assert_snapshot!(messages.0);
}

#[test]
fn matrices() {
    let desk = Desk::new();
    let mut messages = Messages::default();
    for (heading, matrix) in [
        ("no table", "matrix = [8, 16]"),
        ("a lone value", "[matrix]\nnetwork.scale = 8"),
        ("nothing to choose from", "[matrix.network]\nscale = []"),
        (
            "a value twice",
            "[matrix]\ntrain.optimizer.learning_rate = [1e-3, 2e-3, 0.001]",
        ),
        ("an unknown key", "[matrix]\nnetwork.scal = [8, 16]"),
        ("a key without its section", "[matrix]\nscale = [8, 16]"),
        ("nothing like a key", "[matrix]\nflavour = [\"sweet\"]"),
        ("what is no axis", "[matrix]\ntitle = [\"A\", \"B\"]"),
        ("seeds", "[matrix]\nseeds = [0, 1]\nnetwork.scale = [8, 16]"),
        (
            "an axis in another",
            "[matrix]\ntrain.optimizer = [{ kind = \"adam\", learning_rate = 1e-3 }]\n\"train.optimizer.beta_1\" = [0.5, 0.9]",
        ),
        (
            "one axis, written twice",
            "[matrix]\nnetwork.scale = [8, 16]\n\"network.scale\" = [4]",
        ),
        (
            "text where an array is one value",
            "[matrix]\ndataset.categories = [\"cow\", \"cat\"]",
        ),
        (
            "an unknown value",
            "[matrix]\nnetwork.norm = [\"batch\", \"bach\"]\nnetwork.scale = [8, 16]",
        ),
        (
            "a value of the wrong type",
            "[matrix]\nnetwork.norm = [\"batch\", \"instance\"]\nnetwork.scale = [8, \"16\"]",
        ),
        ("a value out of range", "[matrix]\nimage.size = [256, 50]"),
        (
            "values that do not go together",
            "[matrix]\nimage.size = [32, 256]\nnetwork.residual_blocks = [0, 5]",
        ),
        (
            "what is wrong everywhere",
            "[matrix]\nnetwork.scale = [8, 16]\n\n[evaluate]\nimages = 0",
        ),
        (
            "wrong in `[quick]` only",
            "[matrix]\nnetwork.scale = [8, 16]\n\n[quick.matrix]\nnetwork.norm = [\"bach\"]",
        ),
        (
            "too many points",
            &format!(
                "[matrix]\ntrain.steps = {0:?}\ntrain.batch_size = {0:?}",
                (1..=101).collect::<Vec<_>>()
            ),
        ),
    ] {
        // A key at the top cannot follow a section.
        let text = if matrix.starts_with('[') {
            format!("{ROOT}\n{matrix}\n")
        } else {
            format!("{matrix}\n{ROOT}")
        };
        messages.add(heading, &desk.message(text));
    }
    insta::assert_snapshot!(messages.0);
}

#[test]
fn sweeps() {
    let desk = Desk::new();
    let mut messages = Messages::default();
    let random = "[sweep]\nsearch = \"random\"\ntrials = 3\n";
    for (heading, sweep) in [
        ("no table", "sweep = 20".to_owned()),
        ("nothing in it", "[sweep]\nseed = 1".to_owned()),
        (
            "another search",
            format!(
                "{}[sweep.values]\nnetwork.scale = [8, 16]",
                random.replace("random", "grid")
            ),
        ),
        (
            "an unknown key",
            format!("{random}runs = 3\n[sweep.values]\nnetwork.scale = [8, 16]"),
        ),
        ("no values", format!("{random}[sweep.values]\n")),
        (
            "a list of keys",
            format!("{random}values = [\"network.scale\"]"),
        ),
        (
            "a lone value",
            format!("{random}[sweep.values]\nnetwork.scale = 8"),
        ),
        (
            "an unknown value",
            format!("{random}[sweep.values]\n\"network.scal\" = {{ from = 4, to = 8 }}"),
        ),
        (
            "what is no axis",
            format!("{random}[sweep.values]\nseeds = {{ from = 0, to = 8 }}"),
        ),
        (
            "half a range",
            format!("{random}[sweep.values]\nnetwork.scale = {{ from = 4 }}"),
        ),
        (
            "a range of words",
            format!("{random}[sweep.values]\nnetwork.scale = {{ from = \"small\", to = 8 }}"),
        ),
        (
            "a range with a slip",
            format!(
                "{random}[sweep.values]\nnetwork.scale = {{ from = 4, to = 8, scales = \"log\" }}"
            ),
        ),
        (
            "a range that ends before it begins",
            format!("{random}[sweep.values]\nnetwork.scale = {{ from = 8, to = 4 }}"),
        ),
        (
            "no logarithm of nothing",
            format!(
                "{random}[sweep.values]\ntrain.optimizer.learning_rate = {{ from = 0, to = 1e-2, scale = \"log\" }}"
            ),
        ),
        (
            "overlap",
            format!(
                "{random}[sweep.values]\ntrain.optimizer = [{{ kind = \"adam\", learning_rate = 1e-3 }}]\n\"train.optimizer.beta_1\" = {{ from = 0.5, to = 0.9 }}"
            ),
        ),
        (
            "fewer points than trials",
            format!("{random}[sweep.values]\nnetwork.norm = [\"batch\", \"instance\"]"),
        ),
        (
            "a value out of range at one point",
            format!("{random}[sweep.values]\nimage.size = {{ from = 32, to = 256 }}"),
        ),
        (
            "a sweep halved by what has no best value",
            format!(
                "{random}halve = {{ metric = \"psnr_gray\", after = [100] }}\n[sweep.values]\nnetwork.scale = [4, 8, 16]"
            ),
        ),
        (
            "rungs that are none",
            format!(
                "{random}halve = {{ metric = \"psnr\", after = [1000, 750, 7000], keep = 0.0 }}\n[sweep.values]\nnetwork.scale = [4, 8, 16]"
            ),
        ),
        (
            "beside a matrix",
            format!(
                "{random}[sweep.values]\nnetwork.scale = [4, 8, 16]\n[matrix]\nnetwork.norm = [\"batch\", \"instance\"]"
            ),
        ),
    ] {
        let text = if sweep.starts_with('[') {
            format!("{ROOT}\n{sweep}\n")
        } else {
            format!("{sweep}\n{ROOT}")
        };
        messages.add(heading, &desk.message(text));
    }
    insta::assert_snapshot!(messages.0);
}

#[test]
fn wrong_types() {
    let desk = Desk::new();
    let mut messages = Messages::default();
    for (heading, old, new) in [
        (
            "text for a whole number",
            "steps = 7000",
            "steps = \"many\"",
        ),
        (
            "a fraction for a whole number",
            "size = 256",
            "size = 256.5",
        ),
        ("below 0", "batch_size = 16", "batch_size = -16"),
        ("a number for text", "use = \"coco\"", "use = 2017"),
        ("a number for a name", "norm = \"batch\"", "norm = 1"),
        ("text for a table", "[image]\nsize = 256", "image = 256"),
        ("inside `optimizer`", "1e-3", "\"small\""),
        ("inside `optimizer`, its kind again", "1e-3", "\"adam\""),
        (
            "text for an array",
            "use = \"coco\"",
            "use = \"coco\"\ncategories = \"stop sign\"",
        ),
        (
            "a number in an array of text",
            "use = \"coco\"",
            "use = \"coco\"\ncategories = [\"cow\", 13]",
        ),
        (
            "more digits than any number has",
            "steps = 7000",
            "steps = 70000000000000000000000000000000000000000",
        ),
        ("a date", "size = 256", "size = 2020-02-02"),
    ] {
        // A key at the top cannot follow a section.
        let text = root_with(old, new);
        let text = match text.split_once("image = 256\n") {
            Some((before, after)) => format!("image = 256\n{before}{after}"),
            None => text,
        };
        messages.add(heading, &desk.message(text));
    }
    insta::assert_snapshot!(messages.0);
}

#[test]
fn unknown_values() {
    let desk = Desk::new();
    let mut messages = Messages::default();
    for (heading, old, new) in [
        ("near a legal one", "\"batch\"", "\"bach\""),
        ("near none", "\"rgb\"", "\"hsv\""),
        ("the kind of a table", "\"adam\"", "\"adamx\""),
        ("a loss", "steps = 7000", "steps = 7000\nloss = \"hubber\""),
        (
            "an extractor",
            "[image]",
            "[fusion]\nextractor = \"resnet-50\"\n\n[image]",
        ),
    ] {
        messages.add(heading, &desk.message(root_with(old, new)));
    }
    insta::assert_snapshot!(messages.0);
}

#[test]
fn values_out_of_range() {
    let desk = Desk::new();
    let mut messages = Messages::default();
    let optimizer = |keys: &str| format!("learning_rate = 1e-3, {keys}");
    for (heading, old, new) in [
        ("size no multiple of 4", "size = 256", "size = 50"),
        ("size 0", "size = 256", "size = 0"),
        ("size within the padding", "size = 256", "size = 40"),
        ("batch 0", "batch_size = 16", "batch_size = 0"),
        ("steps 0", "steps = 7000", "steps = 0"),
        (
            "checkpoints never",
            "checkpoint_every = 500",
            "checkpoint_every = 0",
        ),
        (
            "evaluation never",
            "evaluate_every = 500",
            "evaluate_every = 0",
        ),
        ("samples never", "sample_every = 1000", "sample_every = 0"),
        (
            "no checkpoint kept",
            "steps = 7000",
            "steps = 7000\nretain.last = 0",
        ),
        (
            "flush at once",
            "steps = 7000",
            "steps = 7000\nflush_seconds = 0",
        ),
        ("learning rate below 0", "1e-3", "-1e-3"),
        ("learning rate 0", "1e-3", "0"),
        ("learning rate nan", "1e-3", "nan"),
        ("beta 1", "learning_rate = 1e-3", &optimizer("beta_1 = 1.0")),
        (
            "beta below 0",
            "learning_rate = 1e-3",
            &optimizer("beta_2 = -0.1"),
        ),
        (
            "epsilon 0",
            "learning_rate = 1e-3",
            &optimizer("epsilon = 0.0"),
        ),
        ("scale 0", "scale = 16", "scale = 0"),
        (
            "everything held out",
            "use = \"coco\"",
            "use = \"coco\"\nsplit.validation = 1.0",
        ),
        (
            "everything broken",
            "use = \"coco\"",
            "use = \"coco\"\nmax_broken = 1.5",
        ),
        (
            "nothing colourful enough",
            "use = \"coco\"",
            "use = \"coco\"\ncolorless_below = 300",
        ),
        ("no dataset", "use = \"coco\"", "use = \"\""),
        ("no seed", "[dataset]", "seeds = []\n[dataset]"),
        ("a seed twice", "[dataset]", "seeds = [0, 1, 0]\n[dataset]"),
        (
            "a seed too large",
            "[dataset]",
            "seeds = [9223372036854775808]\n[dataset]",
        ),
        (
            "samples of nothing",
            "[image]",
            "[evaluate]\nimages = 4\nsamples = 5\n\n[image]",
        ),
        (
            "samples of nothing, unwritten",
            "[image]",
            "[evaluate]\nimages = 4\n\n[image]",
        ),
        (
            "nothing scored",
            "[image]",
            "[evaluate]\nimages = 0\nsamples = 0\n\n[image]",
        ),
        (
            "a name with a slash",
            "[dataset]",
            "name = \"a/b\"\n[dataset]",
        ),
    ] {
        messages.add(heading, &desk.message(root_with(old, new)));
    }
    messages.add(
        "values of `[quick]` that do not go with the others",
        &desk.message(format!("{ROOT}\n[quick.network]\nresidual_blocks = 40\n")),
    );
    desk.write("my stage.toml", ROOT);
    let error = desk.refuse("my stage.toml", &Overrides::default());
    messages.add("a file whose name is no name", &desk.plain(&error));
    insta::assert_snapshot!(messages.0);
}

#[test]
fn classes() {
    let desk = Desk::with_root();
    let lab = |keys: &str| format!("space = \"lab\"\nhead = \"classes\"\n{keys}");
    let head = "must be `upstream` or `exact` unless `color.space` is `lab`";
    for (color, expected) in [
        ("space = \"rgb\"\nhead = \"classes\"".to_owned(), head),
        ("space = \"yuv\"\nhead = \"classes\"".to_owned(), head),
        (
            lab("classes.neighbours = 5"),
            "unknown key `color.classes.neighbours`",
        ),
        (lab("classes.step = 110"), "must be between 5 and 50"),
        (lab("classes.step = 1"), "must be between 5 and 50"),
        (lab("classes.neighbors = 0"), "must be between 1 and 10"),
        (lab("classes.sigma = 0"), "must be a finite number above 0"),
        (lab("classes.rebalance = 1.5"), "must be between 0 and 1"),
        (
            lab("classes.temperature = 0"),
            "must be above 0 and at most 1",
        ),
        (
            lab("classes.temperature = 1.5"),
            "must be above 0 and at most 1",
        ),
        // What has no effect is judged all the same.
        (
            "space = \"rgb\"\nclasses.sigma = nan".to_owned(),
            "must be a finite number above 0",
        ),
    ] {
        let message = desk.message(root_with("space = \"rgb\"", &color));
        assert!(message.contains(expected), "{message}");
    }
    let with_loss = root_with("space = \"rgb\"", &lab("classes.step = 20"))
        .replace("steps = 7000", "loss = \"huber\"\nsteps = 7000");
    let message = desk.message(with_loss);
    assert!(
        message.contains("must not be set where `color.head` is `classes`"),
        "{message}"
    );
}

#[test]
fn optimizers_schedules_and_losses() {
    let desk = Desk::with_root();
    let adam = "optimizer = { kind = \"adam\", learning_rate = 1e-3 }";
    let optimizer = |keys: &str| {
        let written = format!("optimizer = {{ learning_rate = 1e-3, {keys} }}");
        desk.message(root_with(adam, &written))
    };
    let train = |keys: &str| desk.message(root_with(adam, &format!("{adam}\n{keys}")));
    for (message, expected) in [
        (
            optimizer("kind = \"sgd\", nesterov = true"),
            "`train.optimizer.nesterov` must be false without `train.optimizer.momentum`",
        ),
        (
            optimizer("kind = \"sgd\", momentum = 1"),
            "`train.optimizer.momentum` must be at least 0 and less than 1",
        ),
        (
            optimizer("kind = \"adamw\", weight_decay = -1"),
            "`train.optimizer.weight_decay` must be a number, 0 or more",
        ),
        (
            optimizer("kind = \"lion\", epsilon = 1e-8"),
            "keys of `[train.optimizer]`: `kind`, `learning_rate`, `beta_1`, `beta_2`, `weight_decay`",
        ),
        (
            train("schedule = \"linear\""),
            "legal values: `constant`, `cosine`, `step`, `exponential`",
        ),
        (
            train("schedule = \"step\""),
            "missing key `train.schedule.every`",
        ),
        (
            train("schedule = { kind = \"step\", every = 9 }"),
            "missing key `train.schedule.factor`",
        ),
        (
            train("schedule = { kind = \"step\", every = 0, factor = 0.1 }"),
            "`train.schedule.every` must be at least 1",
        ),
        (
            train("schedule = { kind = \"exponential\", factor = 0 }"),
            "`train.schedule.factor` must be a number above 0",
        ),
        (
            train("schedule = { kind = \"cosine\", every = 9 }"),
            "unknown key `train.schedule.every`",
        ),
        (
            train("schedule = 3"),
            "`train.schedule` must be a string or a table, not 3",
        ),
        (
            train("warmup_steps = 7000"),
            "`train.warmup_steps` must be less than `train.steps`, which is 7000",
        ),
        (
            train("clip_norm = -1"),
            "`train.clip_norm` must be a number, 0 or more",
        ),
        (
            train("clip_value = inf"),
            "`train.clip_value` must be a number, 0 or more",
        ),
        (
            train("ema = 1"),
            "`train.ema` must be at least 0 and less than 1",
        ),
        (
            train("accumulate = 0"),
            "`train.accumulate` must be at least 1",
        ),
        (
            train("accumulate = 1000000000000000"),
            "`train.accumulate` is too large for any machine",
        ),
        (
            train("stop_early = { metric = \"colorfulness\", patience = 3 }"),
            "`train.stop_early.metric` must be a metric of held-out images that can be better or worse",
        ),
        (
            train("loss = { kind = \"huber\", delta = 0 }"),
            "`train.loss.delta` must be a number above 0",
        ),
        (
            train("loss = { kind = \"smooth_l1\", beta = nan }"),
            "`train.loss.beta` must be a number above 0",
        ),
        (
            train("loss = { kind = \"l1\", delta = 1 }"),
            "unknown key `train.loss.delta`",
        ),
    ] {
        assert!(message.contains(expected), "{message}");
        assert_eq!(message.matches("error: ").count(), 1, "{message}");
    }
    // Which keys a kind would have that does not exist, nobody knows; all else is judged.
    let message = optimizer("kind = \"sdg\", momentum = 0.9").replace("steps", "");
    assert!(message.contains("did you mean `sgd`?"), "{message}");
    assert!(!message.contains("momentum`"), "{message}");
    let message = train("schedule = \"step\"\nwarmup_steps = 7000");
    assert!(message.contains("`train.schedule.every`"), "{message}");
    let message = train("schedule = \"step\"\nloss = \"hubber\"");
    assert_eq!(message.matches("error: ").count(), 2, "{message}");
}

#[test]
fn perceptual_losses_and_metrics_on_request() {
    let desk = Desk::with_root();
    let message = |more: &str| desk.message(format!("extends = \"root.toml\"\n\n{more}"));
    let claim = "[[claims]]\ntext = \"closer\"\nmetric = \"fid\"\nvalue = 1\nexpect = \"less\"\n";
    for (more, expected) in [
        (
            "[train]\nperceptual = { weight = -1 }\n",
            "`train.perceptual.weight` must be a number, 0 or more",
        ),
        (
            "[train]\nperceptual = { weight = 1, layer = \"relu3_1\" }\n",
            "did you mean `relu3_3`?",
        ),
        (
            "[train]\nperceptual = { weight = 1, weights = \"mine.pth\" }\n",
            "the weights `mine.pth` do not exist",
        ),
        (
            "[color]\nspace = \"lab\"\nhead = \"classes\"\n[train]\nperceptual.weight = 1\n",
            "`train.perceptual.weight` must be 0 where `color.head` is `classes`",
        ),
        (
            "[evaluate]\nmetrics = [\"psnr\"]\n",
            "`evaluate.metrics` must consist of metrics that are measured on request: `lpips_alex`, `lpips_vgg`, `dists`, `fid`",
        ),
        (
            "[evaluate]\nmetrics = [\"fid\", \"fid\"]\n",
            "`fid` appears twice",
        ),
        (
            "[train]\nretain = { best = \"dists\" }\n",
            "`dists` is measured on request: `evaluate.metrics = [\"dists\"]`",
        ),
        (
            "[train]\nstop_early = { metric = \"fid\", patience = 2 }\n",
            "`train.stop_early.metric` must be a metric that is measured",
        ),
        (claim, "must be a metric that single images have a value of"),
    ] {
        let message = message(more);
        assert!(message.contains(expected), "{message}");
        assert_eq!(message.matches("error: ").count(), 1, "{message}");
    }
}

#[test]
fn missing_keys() {
    let desk = Desk::with_root();
    let mut messages = Messages::default();
    messages.add("a value", &desk.message(root_with("steps = 7000\n", "")));
    messages.add(
        "a section",
        &desk.message(root_with("[image]\nsize = 256\n", "")),
    );
    messages.add(
        "a table",
        &desk.message(root_with(
            "optimizer = { kind = \"adam\", learning_rate = 1e-3 }\n",
            "",
        )),
    );
    messages.add(
        "inside a table",
        &desk.message(root_with(", learning_rate = 1e-3", "")),
    );
    desk.write("bare.toml", "[dataset]\nuse = \"coco\"\n");
    messages.add(
        "nearly everything, parents and all",
        &desk.message("extends = \"bare.toml\"\n\n[image]\nresize = \"bilinear\"\n"),
    );
    insta::assert_snapshot!(messages.0);
}

#[test]
fn several_faults_are_told_at_once() {
    let desk = Desk::with_root();
    desk.write(
        "child.toml",
        "extends = \"root.toml\"\n\n[network]\nnorm = \"layer\"\nscael = 8\n\n[train]\nbatch_size = \"few\"\n",
    );
    desk.write(
        "stage.toml",
        "extends = \"child.toml\"\n\n[image]\nsize = 30\n\n[dataset]\nuse = \"cocoa\"\n\n[quick.train]\nsteps = -1\n",
    );
    let error = desk.refuse("stage.toml", &set(&["evaluate.images=0"]));
    let faults: Vec<&Fault> = error.problems().iter().map(Problem::fault).collect();
    assert_eq!(faults.len(), 7, "{faults:?}");
    insta::assert_snapshot!(without_datasets(&desk.plain(&error)));
}

#[test]
fn parents() {
    let desk = Desk::with_root();
    let mut messages = Messages::default();
    messages.add("missing", &desk.message("extends = \"rot.toml\"\n"));
    messages.add(
        "in a folder that is missing",
        &desk.message("extends = \"stages/root.toml\"\n"),
    );
    messages.add("a folder", &desk.message("extends = \"../experiments\"\n"));
    messages.add("no text", &desk.message("extends = [\"root.toml\"]\n"));
    messages.add("itself", &desk.message("extends = \"stage.toml\"\n"));
    desk.write("a.toml", "extends = \"b.toml\"\n");
    desk.write("b.toml", "extends = \"./c.toml\"\n");
    desk.write("c.toml", "extends = \"b.toml\"\n");
    let error = desk.refuse("a.toml", &Overrides::default());
    messages.add("a circle", &desk.plain(&error));
    for (child, parent) in [("1", "root"), ("2", "1"), ("3", "2"), ("4", "3")] {
        desk.write(
            &format!("{child}.toml"),
            format!("# {child}\nextends = \"{parent}.toml\"\n"),
        );
    }
    desk.resolve("3.toml", &Overrides::default());
    let error = desk.refuse("4.toml", &Overrides::default());
    messages.add("too many", &desk.plain(&error));
    desk.write("broken.toml", "[train\n");
    messages.add("no TOML", &desk.message("extends = \"broken.toml\"\n"));
    insta::assert_snapshot!(messages.0);
}

#[test]
fn files() {
    let desk = Desk::with_root();
    let mut messages = Messages::default();
    let error = desk.refuse("rooot.toml", &Overrides::default());
    messages.add("missing", &desk.plain(&error));
    let error = desk.refuse("stages/root.toml", &Overrides::default());
    messages.add("in a folder that is missing", &desk.plain(&error));
    let error = desk.refuse("", &Overrides::default());
    messages.add("a folder", &desk.plain(&error));
    messages.add("empty", &desk.message(""));
    messages.add("only a comment", &desk.message("# later\n"));
    messages.add("no TOML", &desk.message(root_with("size = 256", "size = ")));
    messages.add(
        "an open text",
        &desk.message(root_with("\"coco\"", "\"coco")),
    );
    messages.add(
        "a key twice",
        &desk.message(root_with("size = 256", "size = 256\nsize = 64")),
    );
    messages.add(
        "not UTF-8",
        &desk.message(b"# Stage 1\ntitle = \"gr\xfcn\"\n"),
    );
    messages.add("not text at all", &desk.message(b"\x89PNG\r\n\x1a\n\0\0"));
    insta::assert_snapshot!(messages.0);
}

#[test]
fn fusion() {
    let desk = Desk::with_root();
    desk.write("resnet18.pth", "");
    desk.write("resnet50.safetensors", "");
    std::fs::create_dir(desk.path("deep")).unwrap();
    let mut messages = Messages::default();
    for (heading, weights) in [
        ("nearly there", "resnet8.pth"),
        ("not there", "mobile.pth"),
        ("not where they are looked for", "deep/resnet18.pth"),
        ("in a folder that is missing", "weights/resnet18.pth"),
        ("a folder", "./deep"),
    ] {
        let section =
            format!("[fusion]\nextractor = \"resnet18\"\nweights = \"{weights}\"\n\n[image]");
        messages.add(heading, &desk.message(root_with("[image]", &section)));
    }
    for (heading, key) in [("no name", "weights = \" \""), ("too small", "size = 16")] {
        let section = format!("[fusion]\n{key}\n\n[image]");
        messages.add(heading, &desk.message(root_with("[image]", &section)));
    }
    let missing = desk.path("resnet34.pth").display().to_string();
    let error = desk.refuse(
        "root.toml",
        &set(&[
            "fusion.extractor=resnet34",
            &format!("fusion.weights={missing}"),
        ]),
    );
    messages.add("on the command line", &desk.plain(&error));
    let keys = ["network.kind=iizuka", "fusion.extractor=resnet18"];
    let error = desk.refuse("root.toml", &set(&keys));
    messages.add("of a network that has no use for it", &desk.plain(&error));
    let keys = ["network.kind=iizuka", "network.classification=-1"];
    let error = desk.refuse("root.toml", &set(&keys));
    messages.add("labels that count less than nothing", &desk.plain(&error));
    insta::assert_snapshot!(messages.0);
}

/// A claim with a stretch of text replaced.
fn claim_with(old: &str, new: &str) -> String {
    let claim = "text = \"redder\"\nmetric = \"psnr\"\nagainst = \"root\"\nexpect = \"greater\"\n";
    assert!(claim.contains(old), "{old}");
    format!(
        "extends = \"root.toml\"\n\n[[claims]]\n{}",
        claim.replacen(old, new, 1)
    )
}

#[test]
fn claims() {
    let desk = Desk::with_root();
    desk.write("child.toml", "extends = \"root.toml\"\n");
    let mut messages = Messages::default();
    for (heading, old, new) in [
        ("an unknown key", "against", "againts"),
        ("a missing key", "metric = \"psnr\"\n", ""),
        ("a wrong type", "\"psnr\"", "3"),
        ("an unknown expectation", "\"greater\"", "\"more\""),
        ("an unknown metric", "\"psnr\"", "\"colorfulnes_ratio\""),
        ("no text", "\"redder\"", "\" \""),
        ("an experiment that is not there", "\"root\"", "\"rooot\""),
        ("near none", "\"root\"", "\"02-stopsigns\""),
        (
            "the same experiment",
            "against = \"root\"",
            "against = \"stage\"",
        ),
        (
            "the same experiment, written",
            "against",
            "of = \"root\"\nagainst",
        ),
        (
            "`of` that is not there",
            "against",
            "of = \"chidl\"\nagainst",
        ),
        ("held against nothing", "against = \"root\"\n", ""),
        ("held against two", "against", "value = 3.0\nagainst"),
        (
            "an unknown baseline",
            "against = \"root\"",
            "baseline = \"grey\"",
        ),
        ("no number", "against = \"root\"", "value = nan"),
        ("a margin below 0", "expect", "by = -0.1\nexpect"),
        ("equal to the last digit", "\"greater\"", "\"equal\""),
        (
            "equal to the last digit, written",
            "expect = \"greater\"",
            "by = 0\nexpect = \"equal\"",
        ),
    ] {
        messages.add(heading, &desk.message(claim_with(old, new)));
    }
    let twice = format!(
        "{}\n[[claims]]\ntext = 3\nmetric = \"pnsr\"\nvalue = 1\nexpect = \"less\"\n",
        claim_with("greater", "more")
    );
    messages.add("two claims at once", &desk.message(twice));
    messages.add(
        "one table",
        &desk.message("extends = \"root.toml\"\n\n[claims]\ntext = \"redder\"\n"),
    );
    messages.add(
        "no table",
        &desk.message("extends = \"root.toml\"\nclaims = [\"redder\"]\n"),
    );
    messages.add(
        "in `[quick]`",
        &desk.message("extends = \"root.toml\"\n\n[[quick.claims]]\ntext = \"redder\"\n"),
    );
    insta::assert_snapshot!(messages.0);
}

#[test]
fn datasets() {
    let desk = Desk::with_root();
    let mut messages = Messages::default();
    let message = desk.message(root_with("\"coco\"", "\"cocoa\""));
    messages.add("a name", &without_datasets(&message));
    let message = desk.message(root_with("\"coco\"", "\"../datasets/cocoa.toml\""));
    messages.add("a path", &message);
    let overrides = Overrides {
        datasets: vec![desk.folder.path().join("datasets/synthetik.toml")],
        ..Overrides::default()
    };
    let message = desk.plain(&desk.refuse("root.toml", &overrides));
    messages.add("`--dataset`", &message);
    insta::assert_snapshot!(messages.0);
}

#[test]
fn subsets_and_starts() {
    let desk = Desk::with_root();
    for (lines, expected) in [
        (
            "dataset.use = [\"coco\", \"../datasets/coco.toml\"]",
            "`dataset.use` names `../datasets/coco.toml` twice",
        ),
        ("dataset.use = []", "`dataset.use` must name a dataset"),
        ("dataset.use = [\"coco\", 3]", "must be a string, not 3"),
        ("dataset.use = 3", "a string or an array of strings, not 3"),
        ("dataset.limit = 0", "must be at least 1, or `all`"),
        ("dataset.limit = -1", "1 or more, or `all`, not -1"),
        ("dataset.limit = \"few\"", "not the string \"few\""),
        ("dataset.exclude = \"cow\"", "must be an array, not"),
        (
            "dataset.categories = [\"cat\"]\ndataset.exclude = [\"cat\"]",
            "must not name `cat`, which `dataset.categories` asks for",
        ),
        (
            "train.from = \"\"",
            "must name a run or a file, or be `scratch`",
        ),
        (
            "train.from_partial = true",
            "where `train.from` is `scratch`",
        ),
        ("train.frozen = \"encode_1\"", "must be an array, not"),
    ] {
        let message = desk.message(format!("extends = \"root.toml\"\n{lines}\n"));
        assert!(message.contains(expected), "{lines}: {message}");
    }
}

/// The message without the names of the datasets of this repository, which are found as well.
fn without_datasets(message: &str) -> String {
    let (before, rest) = message.split_once("available: ").unwrap();
    let (_, after) = rest.split_once(';').unwrap();
    format!("{before}available: [datasets];{after}")
}

#[test]
fn the_command_line() {
    let desk = Desk::with_root();
    let mut messages = Messages::default();
    for argument in [
        "train.stepps=300",
        "steps=300",
        "stage.steps=300",
        "train.steps",
        "train.steps=",
        "train..steps=3",
        "train.steps=3OO",
        "train.steps=-5",
        "network.norm=bach",
        "train.steps.first=3",
        "dataset.categories=[\"stop sign\"",
        "extends=root.toml",
        "claims=[]",
        "train.optimizer.learning_rate=0",
        "quick.train.stepps=5",
        "image.size=40",
    ] {
        let message = desk.plain(&desk.refuse("root.toml", &set(&[argument])));
        messages.add(&format!("`--set {argument}`"), &message);
    }
    let overrides = Overrides {
        seeds: vec![3, 4, 3],
        ..Overrides::default()
    };
    let message = desk.plain(&desk.refuse("root.toml", &overrides));
    messages.add("`--seed 3 --seed 4 --seed 3`", &message);
    insta::assert_snapshot!(messages.0);
}

#[test]
fn found_later() {
    let desk = Desk::with_root();
    desk.write(
        "stage.toml",
        "extends = \"root.toml\"\n\n[dataset]\ncategories = [\"cow\", \"stop sing\"]\n",
    );
    let key = "dataset.categories[1]";
    let tell = |resolved: &Resolved, key: &str| {
        let error = resolved.error_at(
            key,
            "dataset `coco` has no category `stop sing`",
            "the nearest: `stop sign`",
        );
        desk.plain(&error)
    };
    let mut messages = Messages::default();
    let resolved = desk.resolve("stage.toml", &Overrides::default());
    messages.add("in a file", &tell(&resolved, key));
    messages.add("as a whole", &tell(&resolved, "dataset.categories"));
    let resolved = desk.resolve(
        "root.toml",
        &set(&["dataset.categories=[\"cow\", \"stop sing\"]"]),
    );
    messages.add("on the command line", &tell(&resolved, key));
    messages.add("not written", &tell(&resolved, "dataset.max_broken"));
    insta::assert_snapshot!(messages.0);
}

#[test]
fn names_are_told_apart() {
    let desk = Desk::with_root();
    desk.write("other.toml", format!("name = \"root\"\n{ROOT}"));
    std::fs::create_dir(desk.path("deep")).unwrap();
    desk.write("deep/root.toml", "extends = \"../root.toml\"\n");
    let resolved: Vec<Resolved> = ["root.toml", "other.toml", "deep/root.toml"]
        .iter()
        .map(|name| desk.resolve(name, &Overrides::default()))
        .collect();
    assert_eq!(check_names(&resolved[..1]), Ok(()));
    let error = check_names(&resolved).unwrap_err();
    insta::assert_snapshot!(desk.plain(&error));
}

#[test]
fn colours_are_for_terminals_only() {
    let desk = Desk::new();
    desk.write("stage.toml", root_with("steps = 7000", "steps = 0"));
    let error = desk.refuse("stage.toml", &Overrides::default());
    assert!(!error.to_string().contains('\u{1b}'));
    assert!(error.render(true).contains("\u{1b}["));
}

#[test]
fn a_resolved_experiment_is_judged_when_it_is_read_back() {
    let desk = Desk::with_root();
    let experiment = desk.resolve("root.toml", &Overrides::default()).experiment;
    let text = experiment.to_toml();
    let path = Path::new("runs/root/s0/experiment.toml");
    assert_eq!(Experiment::from_toml(&text, path).as_ref(), Ok(&experiment));
    let text = text
        .replace("steps = 7000", "steps = 0")
        .replace("space = \"rgb\"", "space = \"rbg\"");
    insta::assert_snapshot!(Experiment::from_toml(&text, path).unwrap_err());
}
