"""What an agent proposes and a person approves: kept, shown, signed. Never carried out here."""
