import CISystems

/// Speaks of the inputs of the GitHub action where a text speaks of the options that they stand for: `--cloud-url`
/// becomes `the input cloud-url`, and `--no-isolate` becomes `isolate: false`.
enum InputNames {
    /// Longer names first: some begin with another.
    static let table: [(option: String, input: String)] = Option.table.compactMap { option in
        switch option.input {
        case .none: nil
        case .same: ("--" + option.name, "the input \(option.name)")
        case .opposite(let name): ("--" + option.name, "\(name): false")
        }
    }.sorted { $0.option.utf8.count > $1.option.utf8.count }
}
