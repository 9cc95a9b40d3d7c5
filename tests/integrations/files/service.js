module.context;
