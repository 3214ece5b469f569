import TestBench

/// The `action.yml` of the action or of a sub-action, as far as a runner fills in what a workflow leaves out.
package struct ActionFile {
    /// The inputs that have a default, and the default.
    package private(set) var defaults: [String: String] = [:]
    package private(set) var inputs: [String] = []

    /// - Parameter name: "" for the action itself.
    package init(_ name: String) throws {
        let text = try Repository.text(name.isEmpty ? "action.yml" : "\(name)/action.yml")
        for line in text.between("\ninputs:\n", "\n\n").split(separator: "\n") where !line.hasPrefix("    #") {
            if line.hasPrefix("    default: "), let input = inputs.last {
                defaults[input] = String(line.dropFirst(13).filter { $0 != "\"" })
            } else if !line.hasPrefix("   ") {
                inputs.append(String(line.drop { $0 == " " }.dropLast()))
            }
        }
    }
}
