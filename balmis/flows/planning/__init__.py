"""Ask and answer studies: feasibility, plans, centres, sites."""
