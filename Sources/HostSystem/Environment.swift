/// The environment variables of a job.
///
/// Prints as their number only, because values may be secrets.
package struct Environment: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let values: [String: String]

    /// - Parameter values: as the process was given them; bytes that are no UTF-8 already repaired.
    package init(_ values: [String: String]) {
        self.values = values
    }

    /// nil when the variable is not set; "" when it is set but empty.
    package subscript(name: String) -> String? {
        values[name]
    }

    /// nil when the variable is not set or empty.
    package func nonEmpty(_ name: String) -> String? {
        values[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The names of all variables, sorted.
    package var names: [String] {
        values.keys.sorted()
    }

    /// A copy in which some variables have other values; nil removes one.
    package func replacing(_ changes: [String: String?]) -> Environment {
        Environment(changes.reduce(into: values) { $0[$1.key] = $1.value })
    }

    package var description: String { "<\(values.count) environment variables>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
