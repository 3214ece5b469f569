package import Secrets
internal import Synchronization

/// The secrets that must not be shown: a list that may grow while output streams.
///
/// Filters ask for the table before each chunk, so that a secret is hidden in every chunk that comes after `add`.
package final class HiddenSecrets: Sendable {
    private struct State {
        var secrets: [Secret]
        var generation = 0
        /// That of the generation; nil until somebody asks.
        var table: PatternTable?
    }

    private let state: Mutex<State>

    package init(_ secrets: [Secret] = []) {
        state = Mutex(State(secrets: secrets))
    }

    /// Hides one more secret from now on.
    package func add(_ secret: Secret) {
        state.withLock { state in
            guard !secret.isEmpty, !state.secrets.contains(secret) else { return }
            state.secrets.append(secret)
            state.generation += 1
            state.table = nil
        }
    }

    /// All secrets, in the order in which they came: those that are added follow.
    package var all: [Secret] { state.withLock { $0.secrets } }

    /// The table of all secrets, and a number that is another one when there is another table.
    package var current: (generation: Int, table: PatternTable) {
        state.withLock { state in
            let table = state.table ?? PatternTable(hiding: state.secrets)
            state.table = table
            return (state.generation, table)
        }
    }
}
