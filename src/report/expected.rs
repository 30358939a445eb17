//! How long the output will be, as far as the inputs tell.

use crate::facts::InputFacts;
use crate::plan::{InputPlan, OutputPlan, Plan, StreamSource};

/// The length of the longest output in microseconds; `None` when some output has no end that is known.
pub fn total_us(plan: &Plan, facts: &[InputFacts]) -> Option<i64> {
    let lengths: Option<Vec<i64>> = plan.outputs.iter().map(|output| output_us(plan, output, facts)).collect();
    lengths?.into_iter().max().filter(|us| *us > 0)
}

fn output_us(plan: &Plan, output: &OutputPlan, facts: &[InputFacts]) -> Option<i64> {
    let mut sources: Vec<usize> = Vec::new();
    for stream in &output.streams {
        match stream.source {
            StreamSource::Input(input, _) => sources.push(input),
            StreamSource::File => {}
            // What a filtergraph makes of its inputs is not known.
            StreamSource::Graph(..) => match plan.origins(stream.source) {
                none if none.is_empty() => return output.duration_us,
                origins => sources.extend(origins),
            },
        }
    }
    sources.sort_unstable();
    sources.dedup();
    let lengths = sources.iter().map(|i| input_us(plan.inputs.get(*i)?, facts.get(*i)?));
    let natural = if output.shortest {
        lengths.flatten().min()
    } else {
        lengths.collect::<Option<Vec<i64>>>().and_then(|all| all.into_iter().max())
    };
    let natural = natural.map(|us| us.saturating_sub(output.start_us.unwrap_or(0)).max(0));
    match (natural, output.duration_us) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn input_us(plan: &InputPlan, facts: &InputFacts) -> Option<i64> {
    let loops = Some(plan.stream_loop).filter(|loops| *loops >= 0).map(i64::from);
    // The first pass begins where it was sought, those behind it at the beginning.
    let natural = facts.duration_us.zip(loops).map(|(us, loops)| {
        let first = us.saturating_sub(plan.start_us.unwrap_or(0)).max(0);
        us.saturating_mul(loops).saturating_add(first)
    });
    match (natural, plan.duration_us) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::MediaKind;
    use crate::plan::{CopyPlan, OutputStreamPlan, Treatment};

    fn plan(inputs: Vec<InputPlan>) -> Plan {
        let streams = (0..inputs.len())
            .map(|input| {
                let copied = Treatment::Copy(CopyPlan::default());
                OutputStreamPlan::bare(MediaKind::Video, StreamSource::Input(input, 0), copied)
            })
            .collect();
        Plan { inputs, outputs: vec![OutputPlan { streams, ..OutputPlan::default() }], ..Plan::default() }
    }

    fn facts(us: Option<i64>) -> InputFacts {
        InputFacts { duration_us: us, ..InputFacts::default() }
    }

    #[test]
    fn the_longest_input_counts_and_the_shortest_when_asked_for() {
        let mut two = plan(vec![InputPlan::default(), InputPlan::default()]);
        let found = [facts(Some(5)), facts(Some(9))];
        assert_eq!(total_us(&two, &found), Some(9));
        two.outputs[0].shortest = true;
        assert_eq!(total_us(&two, &found), Some(5));
        two.outputs[0].duration_us = Some(3);
        assert_eq!(total_us(&two, &found), Some(3));
    }

    #[test]
    fn loops_multiply_and_endless_ones_are_unknown() {
        let looped = |loops| plan(vec![InputPlan { stream_loop: loops, start_us: Some(1), ..InputPlan::default() }]);
        assert_eq!(total_us(&looped(2), &[facts(Some(5))]), Some(14));
        assert_eq!(total_us(&looped(-1), &[facts(Some(5))]), None);
        assert_eq!(total_us(&looped(0), &[facts(None)]), None);
    }
}
