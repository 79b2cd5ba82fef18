"""Making a set of an export: manifest, restore files, proof. Never exports."""
