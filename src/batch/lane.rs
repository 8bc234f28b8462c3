//! Calls of one plan on their way to a database. A lone call leaves at once; those that come while
//! others are under way leave together, as one statement, as soon as one of these has landed.

use super::turn::{self, Departure};
use crate::engine::{Engine, Many, Outcome, Plan, Step, Work, landing};
use crate::error::{Code, Effect, Error, Result};
use crate::value::Value;
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How many statements of a lane are under way at once.
const FLIGHTS: usize = 2;

/// How many calls a statement answers at most.
const SEATS: usize = 64;

/// From how long on a statement usually takes so long, as its database is far away perhaps, that
/// calls do not wait for its end to leave together.
const LONG: Duration = Duration::from_millis(3);

/// A plan, and the calls of it that wait.
#[derive(Debug)]
pub struct Lane {
    /// What each call runs.
    pub plan: Arc<Plan>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Flights that are under way or about to leave.
    flights: usize,
    /// Whether one of them has not left yet.
    boarding: bool,
    waiting: VecDeque<Passenger>,
    /// How long a statement takes, as an average in which later ones count more.
    usual: Duration,
}

impl State {
    fn took(&mut self, time: Duration) {
        self.usual = (self.usual * 7 + time) / 8;
    }
}

/// A call that waits.
#[derive(Debug)]
struct Passenger {
    values: Vec<Value>,
    /// Who has not left by then stays behind, without end if nothing.
    until: Option<Instant>,
    answer: oneshot::Sender<Landed>,
}

/// What a flight has come to for a call.
#[derive(Debug)]
enum Landed {
    /// This.
    Together(Result<Outcome>),
    /// Nothing has happened, and each call is to see for itself.
    Alone,
}

impl Passenger {
    fn land(self, landed: Landed) {
        // Who no longer waits need not be told.
        let _ = self.answer.send(landed);
    }
}

impl Lane {
    /// A lane that is empty.
    pub fn new(plan: Plan) -> Arc<Self> {
        Arc::new(Lane { plan: Arc::new(plan), state: Mutex::default() })
    }

    /// A lane of the same plan, which leads to another database.
    pub fn beside(&self) -> Arc<Self> {
        Arc::new(Lane { plan: Arc::clone(&self.plan), state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs the plan once with these values, together with other calls if there are any.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn run(
        self: &Arc<Self>,
        engine: &Arc<dyn Engine>,
        values: &[Value],
        until: Option<Instant>,
    ) -> Result<Outcome> {
        if self.plan.many.is_none() || cfg!(feature = "unbatched") {
            return engine.run(&self.plan.work(values)).await;
        }
        let (answer, landed) = oneshot::channel();
        if self.join(Passenger { values: values.to_vec(), until, answer }) {
            let (lane, engine) = (Arc::clone(self), Arc::clone(engine));
            let flight = Flight { lane, engine, ended: false };
            // What it hands out is taken further within it, however many calls these are.
            let flight = tokio::task::unconstrained(flight.fly());
            turn::depart(Departure(Box::pin(flight)));
        }
        match landed.await {
            Ok(Landed::Together(result)) => result,
            Ok(Landed::Alone) => engine.run(&self.plan.work(values)).await,
            Err(_) => {
                Err(Error::internal("a statement ended without an answer")
                    .with_effect(Effect::Unknown))
            }
        }
    }

    /// Adds a call; whether a flight is to leave for it.
    fn join(&self, passenger: Passenger) -> bool {
        let mut state = self.state();
        state.waiting.push_back(passenger);
        let leaves = !state.boarding
            && match state.flights {
                0 => true,
                flights if flights >= FLIGHTS => false,
                // Another one is worth it when it is full, as the database and this process then work
                // at the same time.
                _ => state.waiting.len() >= SEATS || state.usual > LONG,
            };
        if leaves {
            state.boarding = true;
            state.flights += 1;
        }
        leaves
    }

    /// The calls that leave now. None: the flight has ended. Those whose time is over stay behind, and
    /// are told.
    fn board(&self, many: &Many, now: Instant) -> Vec<Passenger> {
        let (passengers, late) = self.take(many, now);
        if !late.is_empty() {
            landing::land(|| {
                for passenger in late {
                    passenger.land(Landed::Together(Err(super::late())));
                }
            });
        }
        passengers
    }

    fn take(&self, many: &Many, now: Instant) -> (Vec<Passenger>, Vec<Passenger>) {
        let mut state = self.state();
        state.boarding = false;
        let is_late = |it: &Passenger| it.until.is_some_and(|until| until <= now);
        let late = state.waiting.iter().take_while(|it| is_late(it)).count();
        let late = state.waiting.drain(..late).collect();
        let mut seats = state.waiting.len().min(SEATS);
        if self.plan.writes {
            // One with the key of another leaves later: in one statement they would be in each
            // other's way.
            let mut keys = HashSet::new();
            let waiting = state.waiting.iter().take(seats);
            seats = waiting.take_while(|it| keys.insert(Key::of_call(&it.values, many))).count();
            seats = many.fits(seats);
        }
        if seats == 0 {
            state.flights -= 1;
        }
        (state.waiting.drain(..seats).collect(), late)
    }
}

/// A statement under way, and the next one after it, as long as calls are waiting.
struct Flight {
    lane: Arc<Lane>,
    engine: Arc<dyn Engine>,
    ended: bool,
}

impl Drop for Flight {
    /// One that goes down leaves nobody waiting for an answer.
    fn drop(&mut self) {
        if !self.ended {
            let mut state = self.lane.state();
            state.flights -= 1;
            state.boarding = false;
            state.waiting.clear();
        }
    }
}

impl Flight {
    async fn fly(mut self) {
        let lane = Arc::clone(&self.lane);
        let Some(many) = &lane.plan.many else { return };
        loop {
            let start = Instant::now();
            let mut passengers = lane.board(many, start);
            match passengers.len() {
                0 => {
                    self.ended = true;
                    return;
                }
                1 => {
                    for passenger in passengers.drain(..) {
                        let work = self.lane.plan.work(&passenger.values);
                        let result = self.engine.run(&work).await;
                        landing::land(|| passenger.land(Landed::Together(result)));
                    }
                }
                _ => self.carry(many, passengers).await,
            }
            lane.state().took(start.elapsed());
        }
    }

    async fn carry(&self, many: &Many, passengers: Vec<Passenger>) {
        // Calls with the same key are one look-up.
        let mut seats: Vec<Vec<Passenger>> = Vec::with_capacity(passengers.len());
        let mut taken: HashMap<u64, Vec<usize>> = HashMap::with_capacity(passengers.len());
        for passenger in passengers {
            let key = Key::of_call(&passenger.values, many);
            let alike = taken.entry(key.digest()).or_default();
            let same = alike.iter().find(|seat| {
                let first = seats.get(**seat).and_then(|seat| seat.first());
                first.is_some_and(|first| Key::of_call(&first.values, many) == key)
            });
            match same.copied().and_then(|seat| seats.get_mut(seat)) {
                Some(seat) => seat.push(passenger),
                None => {
                    alike.push(seats.len());
                    seats.push(vec![passenger]);
                }
            }
        }
        let calls: Vec<&[Value]> =
            seats.iter().filter_map(|seat| Some(seat.first()?.values.as_slice())).collect();
        let result = match many.step(&calls) {
            Some(step) => {
                let plan = &self.lane.plan;
                let (writes, repeat) = (plan.writes, plan.repeat);
                let work = Work {
                    writes,
                    repeat,
                    steps: vec![step],
                    answer: 0,
                    confirm: None,
                    serializable: false,
                };
                self.engine.run(&work).await
            }
            None => Err(Error::internal("no statement takes this many calls")),
        };
        match result {
            Ok(outcome) => landing::land(|| hand_out(many, seats, outcome)),
            Err(error) if concerns_all(&error) => landing::land(|| {
                for passenger in seats.into_iter().flatten() {
                    passenger.land(Landed::Together(Err(error.clone())));
                }
            }),
            Err(_) => {
                for passenger in seats.into_iter().flatten() {
                    passenger.land(Landed::Alone);
                }
            }
        }
    }
}

/// Whether each of the calls would have met the same error: the connection was lost, or there are no
/// tables. Others may be the affair of one of them, a lock that it would have to wait for perhaps.
fn concerns_all(error: &Error) -> bool {
    match error.effect() {
        Effect::None | Effect::Unknown | Effect::Foreign => true,
        Effect::Conflict => false,
        Effect::Final => {
            error.code() == Code::ReadOnly
                || (error.code() == Code::Schema && error.is_of_database())
        }
    }
}

/// Gives each call the rows that have its key, to the byte.
fn hand_out(many: &Many, seats: Vec<Vec<Passenger>>, outcome: Outcome) {
    let mut rows: HashMap<u64, Vec<Vec<Value>>> = HashMap::with_capacity(outcome.rows.len());
    for row in outcome.rows {
        let digest = Key::of_row(&row, many).digest();
        rows.entry(digest).or_default().push(row);
    }
    for seat in seats {
        let mut found = Vec::new();
        if let Some(first) = seat.first() {
            let key = Key::of_call(&first.values, many);
            if let Some(alike) = rows.get_mut(&key.digest()) {
                found = alike.extract_if(.., |row| Key::of_row(row, many) == key).collect();
            }
        }
        let mut left = seat.len();
        for passenger in seat {
            left -= 1;
            let rows = if left == 0 { std::mem::take(&mut found) } else { found.clone() };
            let affected = u64::try_from(rows.len()).unwrap_or(u64::MAX);
            passenger.land(Landed::Together(Ok(Outcome { rows, affected })));
        }
    }
}

impl Many {
    /// How many of so many different calls leave in one statement.
    fn fits(&self, calls: usize) -> usize {
        if self.statements.iter().any(|(_, statement)| statement.arrays) {
            return calls;
        }
        let sizes = self.statements.iter().map(|(size, _)| *size);
        sizes.filter(|size| *size <= calls).max().unwrap_or(calls.min(1))
    }

    /// The statement for these calls, which are all different.
    fn step(&self, calls: &[&[Value]]) -> Option<Step> {
        let (size, statement) = self
            .statements
            .iter()
            .find(|(size, statement)| statement.arrays || *size >= calls.len())?;
        let values = if statement.arrays {
            let parameters = 0..statement.parameters.len();
            let of_all =
                |index: usize| calls.iter().filter_map(move |call| call.get(index).cloned());
            parameters.flat_map(of_all).collect()
        } else {
            // What is left of a look-up's places asks for the last key again.
            let again = calls.last().into_iter().cycle();
            let places = calls.iter().chain(again).take(*size);
            places.flat_map(|call| call.iter().cloned()).collect()
        };
        Some(Step { statement: Arc::clone(statement), values })
    }
}

/// What tells one call from another, and whose a row is.
#[derive(PartialEq)]
struct Key<'a>(Vec<&'a Value>);

/// No key holds a number that is not equal to itself.
impl Eq for Key<'_> {}

impl<'a> Key<'a> {
    fn of_call(values: &'a [Value], many: &Many) -> Self {
        Key(many.key.iter().filter_map(|(_, value)| values.get(*value)).collect())
    }

    fn of_row(row: &'a [Value], many: &Many) -> Self {
        Key(many.key.iter().filter_map(|(column, _)| row.get(*column)).collect())
    }

    fn digest(&self) -> u64 {
        let mut hasher = std::hash::DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }
}

impl Hash for Key<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for value in &self.0 {
            match value {
                Value::Text(text) | Value::Json(text) => text.hash(state),
                Value::Integer(number) | Value::Date(number) => number.hash(state),
                Value::Boolean(value) => value.hash(state),
                Value::Null | Value::Float(_) | Value::List(_) | Value::Other(_) => {}
            }
        }
    }
}
